/**
 * Finds something once, and gives it to everybody who asks: the names of a specification become ids or ARNs, which do
 * not change. What could not be found is looked for again at the next call.
 */
export function findOnce<Found>(find: () => Promise<Found>): () => Promise<Found> {
  let found: Promise<Found> | undefined;
  return async () => {
    found ??= find();
    try {
      return await found;
    } catch (error) {
      found = undefined;
      throw error;
    }
  };
}
