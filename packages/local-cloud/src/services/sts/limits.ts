// Source: STS model 2011-06-15, AssumeRole and GetSessionToken.

export const ASSUME_ROLE_SECONDS_DEFAULT = 3600;
/** A session that assumes the next role gets at most this. */
export const CHAINED_SECONDS_MAX = 3600;
export const SESSION_TOKEN_SECONDS_DEFAULT = 12 * 3600;
