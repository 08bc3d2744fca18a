package carve.models.text;

import java.util.function.Supplier;

/** Calls into the tokenizer libraries as they need it. */
final class Libraries {
    private Libraries() {}

    /**
     * Returns what the opener returns.
     *
     * <p>The libraries look for their native code through the thread's context loader, which in a plugin is the wrong one; and unless they are
     * offline they ask the network for updates of it and report that they run.
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
            return opener.get();
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
