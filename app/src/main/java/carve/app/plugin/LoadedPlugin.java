package carve.app.plugin;

import java.lang.System.Logger.Level;
import java.util.List;

/** A plugin with its resources in this process: its layer, and its copy of the files. Not thread-safe. */
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
     * @param view the description of the plugin
     * @param held resources that are closed after its providers, in order
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

    /** Releases it once; the last release closes its providers and resources. */
    void release() {
        users--;
        closeUnused();
    }

    boolean used() {
        return users > 0;
    }

    /** Closes its providers and resources, unless it is in use or closed already. */
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
