// The container's own health check: exits with 0 when the service answers 200.
import { get } from "node:http";

const url = `http://localhost:${process.env.PORT ?? 8080}/health`;
const request = get(url, { timeout: 2000 }, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1);
});
request.on("timeout", () => process.exit(1));
request.on("error", () => process.exit(1));
