/**
 * Files that are written completely or not at all.
 *
 * {@snippet :
 * try (FolderTransaction transaction = FolderTransaction.begin(Path.of("models/student"))) {
 *     transaction.write("config.json", bytes);
 *     transaction.commit(); // without it the folder stays as it was
 * }
 * }
 */
package carve.runtime.io;
