/** API Gateway's dates have no fraction. Source: recorded AWS answers. */
export function wholeSecond(atMs: number): Date {
  return new Date(Math.floor(atMs / 1000) * 1000);
}
