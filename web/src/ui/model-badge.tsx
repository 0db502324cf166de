/** Says when an offline demo model answers. */
import { useQuery } from "@tanstack/react-query";

import { optionsQuery } from "../api/queries";

/** Dashed, as everything that is not real. */
export function ModelBadge({ short = false }: { short?: boolean }) {
  const { data: options } = useQuery(optionsQuery);
  if (!options?.offline) return null;
  return (
    <span className="tag sim" title="No model is connected: these texts come from a small built-in demo">
      offline demo{short ? "" : " model"}
    </span>
  );
}
