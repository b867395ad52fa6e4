import type { Cloud } from "../../../service.ts";
import { wholeSecond } from "../../dates.ts";
import { iamPage } from "../entity.ts";
import { deleteConflict, limitExceeded, noSuchVersion } from "../errors.ts";
import { POLICY_VERSIONS_MAX } from "../limits.ts";
import { PolicyBook } from "../policy-book.ts";
import { checkManagedPolicy, encodeDocument } from "../policy-document.ts";
import type { IamHandlers } from "../sdk.ts";
import type { Policy, PolicyVersion } from "../state.ts";

export function policyVersionOperations({ store, clock }: Cloud) {
  const book = new PolicyBook(store);
  return {
    CreatePolicyVersion(input, context) {
      const policy = book.getOwn(context, input.PolicyArn);
      const document = input.PolicyDocument ?? "";
      checkManagedPolicy(document);
      if (policy.versions.length >= POLICY_VERSIONS_MAX) {
        throw limitExceeded(
          `A managed policy can have up to ${POLICY_VERSIONS_MAX} versions. Before you create a new version, you must delete an existing version.`,
        );
      }
      const number = policy.lastVersionNumber + 1;
      const version = { id: `v${number}`, document, createdAtMs: clock.nowMs() };
      const next: Policy = {
        ...policy,
        versions: [...policy.versions, version],
        lastVersionNumber: number,
        defaultVersionId: input.SetAsDefault === true ? version.id : policy.defaultVersionId,
        updatedAtMs: version.createdAtMs,
      };
      book.save(context, next);
      const { Document: _document, ...described } = describeVersion(next, version);
      return { PolicyVersion: described };
    },

    GetPolicyVersion(input, context) {
      const policy = book.get(context, input.PolicyArn);
      return { PolicyVersion: describeVersion(policy, versionOf(policy, input.VersionId)) };
    },

    ListPolicyVersions(input, context) {
      const policy = book.get(context, input.PolicyArn);
      const { items, ...page } = iamPage(policy.versions, newestFirst, input);
      const Versions = items.map((version) => {
        const { Document: _document, ...described } = describeVersion(policy, version);
        return described;
      });
      return { Versions, ...page };
    },

    SetDefaultPolicyVersion(input, context) {
      const policy = book.getOwn(context, input.PolicyArn);
      const { id } = versionOf(policy, input.VersionId);
      book.save(context, { ...policy, defaultVersionId: id, updatedAtMs: clock.nowMs() });
      return {};
    },

    DeletePolicyVersion(input, context) {
      const policy = book.getOwn(context, input.PolicyArn);
      const { id } = versionOf(policy, input.VersionId);
      if (id === policy.defaultVersionId) {
        throw deleteConflict("Cannot delete the default version of a policy.");
      }
      book.save(context, { ...policy, versions: policy.versions.filter((one) => one.id !== id) });
      return {};
    },
  } satisfies IamHandlers;
}

/** Sorts "v10" before "v9". */
function newestFirst({ id }: PolicyVersion): string {
  return String(1_000_000_000 - Number(id.slice(1)));
}

function versionOf(policy: Policy, id = ""): PolicyVersion {
  const version = policy.versions.find((one) => one.id === id);
  if (version === undefined) throw noSuchVersion(policy.arn, id);
  return version;
}

function describeVersion(policy: Policy, version: PolicyVersion) {
  return {
    Document: encodeDocument(version.document),
    VersionId: version.id,
    IsDefaultVersion: version.id === policy.defaultVersionId,
    CreateDate: wholeSecond(version.createdAtMs),
  };
}
