/** The customer's look, for previews only. */
import type { CSSProperties } from "react";

import type { Business } from "../api/types";

const GROUND = "#1f1b16";
const ACCENT = "#d9d2c3";

/** Brand colours as CSS variables: ground, what stands on it, accent, what stands on that. */
export function brandStyle(business: Business): CSSProperties {
  const colors = business.brand_assets.brand_colors.filter((color) => /^#[0-9a-f]{6}$/i.test(color));
  const ground = colors.find((color) => luminance(color) < 0.35) ?? colors[0] ?? GROUND;
  const accent = colors.find((color) => color !== ground && contrast(color, ground) >= 3) ?? readable(ground, ACCENT);
  return {
    "--brand": ground,
    "--on-brand": onColor(ground),
    "--brand-2": accent,
    "--on-brand-2": onColor(accent),
  } as CSSProperties;
}

/** `alisfitnessstudio`, as the handle would be. */
export function handle(name: string): string {
  return name
    .normalize("NFD")
    .replace(/[^\p{L}\p{N}]/gu, "")
    .toLowerCase();
}

/** The first letter, for the place of a logo. */
export function initial(name: string): string {
  return Array.from(name.trim())[0]?.toUpperCase() ?? "";
}

function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function onColor(color: string): string {
  return contrast(color, "#ffffff") >= contrast(color, "#000000") ? "#ffffff" : "#000000";
}

function readable(ground: string, wish: string): string {
  return contrast(wish, ground) >= 4.5 ? wish : onColor(ground);
}
