import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";
import type { RunnableImage } from "../task-runtime.ts";

/**
 * An image as `docker load` takes it, made while it is read. Engines unpack compressed layers themselves.
 * Source: Docker image specification 1.2, "Combined Image JSON + Filesystem Changeset Format".
 */
export function imageArchive(image: RunnableImage, name: string): Readable {
  const archive = pack();
  fill(archive, image, name).catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return Readable.from(archive, { objectMode: false });
}

async function fill(archive: Pack, image: RunnableImage, name: string): Promise<void> {
  const configName = `${hexOf(image.digest)}.json`;
  const layers = [...image.layers.entries()].map(([index, layer]) => ({
    layer,
    // Two layers may have the same bytes, and an archive no two members of one name.
    path: `${index}-${hexOf(layer.digest)}/layer.tar`,
  }));
  archive.entry({ name: configName }, await image.config());
  for (const { layer, path } of layers) {
    await pipeline(layer.open(), archive.entry({ name: path, size: layer.sizeBytes }));
  }
  const manifest = [
    { Config: configName, RepoTags: [name], Layers: layers.map(({ path }) => path) },
  ];
  archive.entry({ name: "manifest.json" }, JSON.stringify(manifest));
  archive.finalize();
}

function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1);
}
