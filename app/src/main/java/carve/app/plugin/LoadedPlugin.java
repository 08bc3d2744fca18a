package carve.app.plugin;

import java.lang.System.Logger.Level;
import java.util.List;

/** A plugin with what it holds in this process: its layer, and its copy of the files. Confined by who holds it. */
final class LoadedPlugin {
    private static final System.Logger LOG =
            System.getLogger(LoadedPlugin.class.getModule().getName());

    private final Plugin view;
    private final List<AutoCloseable> resources;
    private int users;
    private boolean closed;

    /**
     * Makes it.
     *
     * @param view what is told of it
     * @param held what is closed after its providers, in order
     */
    LoadedPlugin(Plugin view, List<AutoCloseable> held) {
        this.view = view;
        this.resources = List.copyOf(held);
    }

    Plugin plugin() {
        return view;
    }

    void retain() {
        users++;
    }

    /** Lets go of it; the last one to do so closes what it holds. */
    void release() {
        users--;
        closeUnused();
    }

    boolean used() {
        return users > 0;
    }

    /** Closes what it holds, unless it is used or was closed before. */
    void closeUnused() {
        if (!used() && !closed) {
            closed = true;
            view.providers().forEach(this::closeProvider);
            resources.forEach(this::close);
        }
    }

    private void closeProvider(Object provider) {
        if (provider instanceof AutoCloseable closeable) {
            close(closeable);
        }
    }

    private void close(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception | LinkageError e) {
            LOG.log(Level.WARNING, "plugin {0} could not be closed: {1}", view.name(), e);
        }
    }
}
