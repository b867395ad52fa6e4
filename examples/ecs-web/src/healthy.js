// The container's health check: exit code 0 when the service beside it is healthy.
const url = `http://localhost:${process.env.PORT ?? 8080}/health`;
const isHealthy = await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
  ({ ok }) => ok,
  () => false,
);
process.exit(isHealthy ? 0 : 1);
