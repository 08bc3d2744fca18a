/**
 * Folders for temporary files that do not outlive the process, even if it is killed. Plugins make temporary files here alone.
 *
 * {@snippet :
 * try (TemporaryFolder folder = TemporaryFolder.create("compile")) {
 *     Path source = Files.writeString(folder.resolve("kernels.cu"), text);
 *     compile(source);
 * }
 * }
 */
package carve.api.io;
