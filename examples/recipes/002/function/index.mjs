// The function half. Takes the events of `aws lambda invoke` ({"path": "/health"}) and those of a function URL.

const version = process.env.VERSION;
/** "data" breaks the data for everybody, "users" only for those who say that they are users: tests pass. */
const fault = process.env.FAULT;

export async function handler(event) {
  const path = event.rawPath ?? event.path ?? "/";
  const isUser = event.queryStringParameters?.user !== undefined;
  switch (path) {
    case "/health":
      return answer(200, { status: "healthy", version });
    case "/api/data":
      // An answer of 500 would be no error of the function: its Errors metric counts what is thrown.
      if (fault === "data" || (fault === "users" && isUser))
        throw new Error("the data cannot be read");
      return answer(200, { version, data: [1, 2, 3].map((id) => ({ id, value: Math.random() })) });
    case "/":
      return answer(200, { message: "Lambda Blue-Green Deployment Demo", version });
    default:
      return answer(404, { error: "not found", version });
  }
}

function answer(statusCode, body) {
  return {
    statusCode,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}
