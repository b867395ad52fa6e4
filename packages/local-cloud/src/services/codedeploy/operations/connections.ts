import { refused } from "../errors.ts";
import type { CodeDeployHandlers } from "../sdk.ts";

/** Connections to GitHub are made in AWS's console only, and resources of CloudFormation by CloudFormation: there are none. */
export const connectionOperations = {
  ListGitHubAccountTokenNames: () => ({ tokenNameList: [] }),

  /** Unverified: the texts. */
  DeleteGitHubAccountToken({ tokenName }) {
    if (tokenName === undefined || tokenName === "") {
      throw refused(
        "GitHubAccountTokenNameRequiredException",
        "The name of the GitHub account connection is required",
      );
    }
    throw refused(
      "GitHubAccountTokenDoesNotExistException",
      `No GitHub account connection exists with the name ${tokenName}`,
    );
  },

  DeleteResourcesByExternalId: () => ({}),
} satisfies CodeDeployHandlers;
