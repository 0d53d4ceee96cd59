import type { Listing } from './listing.ts';
import { Notes } from './notes.ts';
import type { Eventually, RenderedDirectory, RenderedFile } from './rendered-file.ts';
import { type Survey, survey, surveyInThread } from './survey.ts';

/** Directories from which on a thread is worth its start. */
const worthAThread = 2000;
/** Where the thread is, beside the chunks of a build; there is none for the sources. */
const thread = import.meta.url.endsWith('.js') ? new URL('./survey-thread.js', import.meta.url) : undefined;

/** What is in the output directory already, as far as the notes of the last run tell. */
export class KnownFiles {
  private readonly notes: Notes;
  private readonly survey: Survey;

  /**
   * Begins to look at once, where there is much to see.
   *
   * @param context what all files depend on: settings and program.
   */
  constructor(out: string, context: string, listing: Listing) {
    this.notes = listing.directories.size === 0 ? Notes.none(out, context) : Notes.read(out, context);
    this.survey =
      thread !== undefined && this.notes.size >= worthAThread
        ? surveyInThread(thread, out, listing)
        : survey(out, listing);
  }

  /** Takes notes for the next run from now on. Only who holds the lock of the output directory may. */
  takeNotes(): void {
    this.notes.begin();
  }

  /**
   * The files of a directory: known to be as they should be, or rendered.
   *
   * @param key two directories with the same key have the same files.
   * @returns a promise only where `render` does.
   */
  or(
    directory: string,
    key: string,
    render: () => Eventually<readonly RenderedFile[]>,
  ): Eventually<RenderedDirectory> {
    if (this.notes.has(directory)) {
      const { files, seals } = this.survey.look(directory);
      if (seals !== undefined && this.notes.confirms(directory, key, files, seals))
        return { unchanged: files.map((file) => `${directory}/${file}`) };
    }
    const noted = (files: readonly RenderedFile[]) => {
      this.notes.note(directory, key, files);
      return files;
    };
    const rendered = render();
    return rendered instanceof Promise ? rendered.then(noted) : noted(rendered);
  }

  /** Keeps the notes for the next run. Call it when all is in the output directory. */
  keep(): void {
    this.notes.keep();
  }

  close(): void {
    this.survey.close();
    this.notes.close();
  }
}
