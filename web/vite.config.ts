import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const API = process.env["MARQUEE_URL"] ?? "http://127.0.0.1:8000";

/** Lays a packed copy beside each text file of the build; `api/ui.py` serves it to whoever takes it. */
function packed(): Plugin {
  return {
    name: "packed",
    apply: "build",
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (!/\.(js|css|svg)$/.test(file.fileName)) continue;
        const text = Buffer.from(file.type === "chunk" ? file.code : file.source);
        // One step below the best: a tenth of the time, and a twentieth larger.
        const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
        this.emitFile({ type: "asset", fileName: `${file.fileName}.br`, source: brotliCompressSync(text, { params }) });
        this.emitFile({ type: "asset", fileName: `${file.fileName}.gz`, source: gzipSync(text, { level: 9 }) });
      }
    },
  };
}

export default defineConfig({
  base: "/app/",
  plugins: [react(), tailwindcss(), packed()],
  build: { target: ["chrome123", "firefox120", "safari17.5"], assetsInlineLimit: 0, chunkSizeWarningLimit: 1100 },
  server: {
    proxy: Object.fromEntries(
      ["/auth", "/business", "/campaign", "/calendar", "/content", "/threads", "/runs"].map((path) => [
        path,
        { target: API, changeOrigin: false },
      ]),
    ),
  },
});
