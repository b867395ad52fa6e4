import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import { createHash } from "node:crypto";
import { invalidRevision, revisionRequired } from "../errors.ts";
import { APPSPEC_MAX_CHARACTERS } from "../limits.ts";

/** A revision whose text is known, with its hash filled in. */
export function appSpecLocation(content: string): RevisionLocation {
  return {
    revisionType: "AppSpecContent",
    appSpecContent: { content, sha256: sha256Of(content) },
  };
}

/** The AppSpec's text, when the revision carries it; it does not when it lies in S3 or GitHub. */
export function contentOf({
  revisionType,
  appSpecContent,
  string,
}: RevisionLocation): string | undefined {
  if (revisionType === "AppSpecContent") return appSpecContent?.content;
  return revisionType === "String" ? string?.content : undefined;
}

/**
 * Holds a location to AWS's rules and fills in the hash of a text.
 *
 * Source of the texts about bundles: public issues. Unverified: the other texts.
 * @throws {AwsError} RevisionRequiredException, InvalidRevisionException
 */
export function readLocation(
  location: RevisionLocation | undefined,
  platform: string,
): RevisionLocation {
  if (location?.revisionType === undefined) throw revisionRequired();
  switch (location.revisionType) {
    case "AppSpecContent":
      return { ...location, appSpecContent: hashed(location.appSpecContent, platform, "content") };
    case "String":
      return { ...location, string: hashed(location.string, platform, "string") };
    case "S3":
      checkS3(location.s3Location, platform);
      return location;
    case "GitHub":
      if (platform !== "Server") {
        throw invalidRevision(`GitHub revisions are not supported for ${platform} deployments`);
      }
      if (location.gitHubLocation?.repository === undefined) {
        throw invalidRevision("gitHubLocation must name a repository and a commit");
      }
      return location;
    default:
      throw invalidRevision(
        `Unknown revisionType: ${String(location.revisionType satisfies never)}`,
      );
  }
}

function hashed(
  text: { readonly content?: string | undefined; readonly sha256?: string | undefined } | undefined,
  platform: string,
  member: string,
) {
  const { content, sha256 } = text ?? {};
  if (platform === "Server") {
    throw invalidRevision("AppSpec content can be given for Lambda and ECS deployments only");
  }
  if (content === undefined || content === "") {
    throw invalidRevision(`The revision has no ${member}`);
  }
  if (content.length > APPSPEC_MAX_CHARACTERS) {
    throw invalidRevision(
      `The AppSpec has ${content.length} characters; at most ${APPSPEC_MAX_CHARACTERS} are allowed`,
    );
  }
  const actual = sha256Of(content);
  if (sha256 !== undefined && sha256.toLowerCase() !== actual) {
    throw invalidRevision(`The SHA256 of the content is ${actual}, not ${sha256}`);
  }
  return { content, sha256: actual };
}

function checkS3(s3: RevisionLocation["s3Location"], platform: string): void {
  if (s3?.bucket === undefined || s3.key === undefined) {
    throw invalidRevision("s3Location must name a bucket and a key");
  }
  const isText = s3.bundleType === "YAML" || s3.bundleType === "JSON";
  if (platform !== "Server" && !isText) {
    throw invalidRevision("BundleType must be either YAML or JSON");
  }
  if (platform === "Server" && (isText || s3.bundleType === undefined)) {
    throw invalidRevision("BundleType must be one of tar, tgz or zip");
  }
}

/** The same for the same revision, whether or not the text comes with its hash. */
export function locationKey(location: RevisionLocation): string {
  const { revisionType, s3Location, gitHubLocation, appSpecContent, string } = location;
  const text = appSpecContent ?? string;
  const hash =
    text?.sha256?.toLowerCase() ?? (text?.content === undefined ? "" : sha256Of(text.content));
  const { bucket, key, version, eTag, bundleType } = s3Location ?? {};
  const { repository, commitId } = gitHubLocation ?? {};
  return JSON.stringify([
    revisionType,
    hash,
    [bucket, key, version, eTag, bundleType],
    [repository, commitId],
  ]);
}

/** Without the text, as deployments and lists tell it. Source: the model's documentation of GetDeployment. */
export function withoutContent(location: RevisionLocation): RevisionLocation {
  const { appSpecContent, string } = location;
  if (appSpecContent !== undefined) {
    return { ...location, appSpecContent: { sha256: appSpecContent.sha256 } };
  }
  return string === undefined ? location : { ...location, string: { sha256: string.sha256 } };
}

function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
