import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const API = process.env["MARQUEE_URL"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "/app/",
  plugins: [react(), tailwindcss()],
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
