/** Where every search for debuginfo looks, whatever dump is open. */
export interface DebuginfoFolderList {
  /** The user's, remembered; the one named last first. */
  readonly folders: readonly DebuginfoFolder[];
  /** Always asked besides, in the order of asking. */
  readonly usual: readonly UsualPlace[];
  /** Where the user's folders are kept. */
  readonly file: string;
  /** Why that file could not be used (or not all of it), a sentence. */
  readonly problem: string | undefined;
  /** What was unpacked is kept there. */
  readonly cache: { readonly folder: string; readonly limit: number };
}

export interface DebuginfoFolder {
  readonly path: string;
  /** Why nothing can be found there now: `does not exist`, `is no folder`, `cannot be read (…)`. */
  readonly problem: string | undefined;
}

export interface UsualPlace extends DebuginfoFolder {
  /** E.g. `debug files of modules`. */
  readonly name: string;
  /** The path depends on the dump's release, which was not given: `RELEASE` stands for it. */
  readonly dependsOnRelease: boolean;
}

export interface DebuginfoFoldersRequest {
  /** `uname -r` of the dump that is open. */
  readonly release?: string;
}

export interface DebuginfoFolderRequest extends DebuginfoFoldersRequest {
  /** Absolute. */
  readonly path: string;
}
