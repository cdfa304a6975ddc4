import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm run dev` finds the API. */
const server = "http://127.0.0.1:8080";

export default defineConfig({
  base: "/console/",
  plugins: [react()],
  build: { target: "es2022", chunkSizeWarningLimit: 900 },
  server: {
    proxy: Object.fromEntries(["/v1", "/beckon", "/t/", "/u/"].map((path) => [path, server])),
  },
});
