package carve.models.text;

import carve.api.io.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Supplier;

/**
 * The loading of the native tokenizer libraries inside a plugin.
 *
 * <p>They look for their native code through the thread's context loader, which in a plugin is the wrong one; and
 * unless they are offline they ask the network for updates of it and report that they run. They unpack that code into a
 * folder of the user's, and a process loads a file for one class loader only: the plugin that comes first in a process
 * uses that folder, another one, such as this plugin after a reload, a copy of its own.
 */
final class NativeTokenizers {
    private static final String FOLDER = "ENGINE_CACHE_DIR"; // the libraries' own name

    // loaders of plugins share nothing but the process
    private static final boolean FIRST = System.getProperties().putIfAbsent("carve.models.natives", "taken") == null;

    private NativeTokenizers() {}

    /** Lets this module read the class path: where it is on the module path of a program, the libraries are there. */
    static void readClassPath() {
        Module module = NativeTokenizers.class.getModule();
        module.addReads(NativeTokenizers.class.getClassLoader().getUnnamedModule());
    }

    /**
     * Returns the result of the opener, called with the class loader and folder that the library needs.
     *
     * @param library a class of the library
     */
    static <T> T open(Class<?> library, Supplier<T> opener) {
        if (System.getProperty("ai.djl.offline") == null) {
            System.setProperty("ai.djl.offline", "true");
        }
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(library.getClassLoader());
        try {
            return FIRST ? opener.get() : openInPrivateFolder(opener);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static <T> T openInPrivateFolder(Supplier<T> opener) {
        synchronized (System.getProperties()) { // the folder is named for the whole process
            TemporaryFolder own = folder();
            String before = System.setProperty(FOLDER, own.path().toString());
            try {
                return opener.get();
            } finally {
                if (before == null) {
                    System.clearProperty(FOLDER);
                } else {
                    System.setProperty(FOLDER, before);
                }
                own.close(); // what is loaded stays so without its file
            }
        }
    }

    private static TemporaryFolder folder() {
        try {
            return TemporaryFolder.create("natives");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
