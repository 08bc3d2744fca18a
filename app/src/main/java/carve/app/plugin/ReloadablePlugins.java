package carve.app.plugin;

import carve.api.config.SettingsNode;
import carve.api.io.TemporaryFolder;
import carve.runtime.catalog.Catalogs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The plugins of a long-running process, reloaded when their files change.
 *
 * <p>A model is opened with the providers of a lease, which is closed after the model. A lease never changes: later
 * installations appear in the next one. When the last lease of a version is closed and there is a newer version, its
 * providers that are {@link AutoCloseable} and its jars are closed, and its classes can be collected.
 *
 * {@snippet :
 * try (var plugins = ReloadablePlugins.open(builtIn, List.of(home), List.of(folder));
 *         var watch = plugins.watch();
 *         var lease = plugins.lease()) {
 *     Catalogs catalogs = lease.catalogs(settings);
 *     // open a model with them, and let it answer
 * }
 * }
 *
 * <p>Plugins of watched folders are copied before they are loaded, so that a jar in use cannot change. If a new version
 * has fatal problems, they are reported and the previous version stays active. Thread-safe.
 */
public final class ReloadablePlugins implements AutoCloseable {
    private static final System.Logger LOG =
            System.getLogger(ReloadablePlugins.class.getModule().getName());

    /**
     * A plugin of a watched folder.
     *
     * @param source its files in the watched folder
     * @param fingerprint of its files when they were read
     * @param plugin the loaded plugin
     * @param info its description
     */
    private record WatchedPlugin(PluginFiles source, String fingerprint, LoadedPlugin plugin, Plugin info) {}

    /** The plugins at a time, with the number of their users. */
    private static final class Version {
        private final PluginSet platform;
        private final List<WatchedPlugin> members;
        private int users = 1;

        private Version(PluginSet platform, List<WatchedPlugin> members) {
            this.platform = platform;
            this.members = List.copyOf(members);
        }

        private boolean same(Version other) {
            return members.equals(other.members) && platform.plugins().equals(other.platform.plugins());
        }
    }

    private final PluginLoader loader = new PluginLoader(ModuleLayer.boot());
    private final List<Plugin> fixed;
    private final List<Path> watched;
    private final TemporaryFolder copies;
    private final Object refreshing = new Object();
    private final Set<LoadedPlugin> using = Collections.newSetFromMap(new IdentityHashMap<>());
    private Version current;
    private long copied;
    private boolean closed;

    private ReloadablePlugins(List<Plugin> fixed, List<Path> watched, TemporaryFolder copies) {
        this.fixed = List.copyOf(fixed);
        this.watched = List.copyOf(watched);
        this.copies = copies;
        this.current = new Version(PluginSet.of(fixed), List.of());
    }

    /**
     * Loads plugins.
     *
     * @param builtIn providers that the program itself brings
     * @param fixed folders whose plugins are loaded once and stay, such as the program's own
     * @param watched folders whose plugins are reloaded when they change; they may be missing
     */
    public static ReloadablePlugins open(List<Object> builtIn, List<Path> fixed, List<Path> watched) {
        try {
            PluginSet constant = PluginSet.load(builtIn, fixed);
            TemporaryFolder copies = TemporaryFolder.create("plugins");
            var plugins = new ReloadablePlugins(constant.plugins(), watched, copies);
            plugins.refresh();
            return plugins;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes the copies of plugins without waiting for whoever uses them, in a process that ends at once. */
    public void deleteCopies() {
        copies.close();
    }

    /** A set of plugins that stays as it is until this is closed. */
    public final class Lease implements AutoCloseable {
        private final Version generation;
        private boolean over;

        private Lease(Version generation) {
            this.generation = generation;
        }

        /** Returns the plugins. */
        public PluginSet platform() {
            return generation.platform;
        }

        /**
         * Returns the providers of the plugins, by kind and name.
         *
         * @param overrides settings over their defaults
         */
        public Catalogs catalogs(SettingsNode.Section overrides) {
            return Catalogs.of(generation.platform.providers(), overrides);
        }

        /** Returns the lease; nothing from its plugins may be used after that. */
        @Override
        public void close() {
            synchronized (ReloadablePlugins.this) {
                if (!over) {
                    over = true;
                    release(generation);
                }
            }
        }
    }

    /** Returns a lease of the plugins as they are now; the caller closes it. */
    public synchronized Lease lease() {
        if (closed) {
            throw new IllegalStateException("the plugins are closed");
        }
        current.users++;
        return new Lease(current);
    }

    /** Returns the current plugins, for reports only; using their providers needs a lease. */
    public synchronized PluginSet current() {
        return current.platform;
    }

    /** Returns removed plugins and replaced versions that leases still use. */
    public synchronized List<Plugin> retired() {
        Set<LoadedPlugin> now =
                current.members.stream().map(WatchedPlugin::plugin).collect(Collectors.toSet());
        return using.stream()
                .filter(plugin -> !now.contains(plugin))
                .map(plugin -> plugin.plugin().in(PluginState.UNINSTALLED))
                .toList();
    }

    /** Watches the folders and reloads changed plugins until the result is closed. */
    public FolderWatcher watch() {
        return FolderWatcher.of(watched, this::refresh);
    }

    /**
     * Reloads plugins of the watched folders that have changed. Returns whether any has.
     *
     * @throws PluginException if a folder cannot be read; the plugins are then as they were
     */
    public boolean refresh() {
        synchronized (refreshing) {
            List<Plugin> views = new ArrayList<>(fixed);
            List<WatchedPlugin> members = new ArrayList<>();
            try {
                scan(views, members);
                return replace(new Version(PluginSet.of(views), members));
            } finally {
                members.forEach(watchedPlugin -> closeUnused(watchedPlugin.plugin));
            }
        }
    }

    private void scan(List<Plugin> views, List<WatchedPlugin> members) {
        Map<Path, WatchedPlugin> known = known();
        Map<String, String> seen = new HashMap<>();
        fixed.stream()
                .filter(plugin -> plugin.state() != PluginState.STOPPED)
                .forEach(plugin -> seen.put(plugin.name(), plugin.origin()));
        for (Path folder : watched) {
            FolderLock.awaitUnlocked(folder);
            PluginLockFile lock = PluginLockFile.read(folder);
            for (PluginFiles source : PluginFiles.scan(folder)) {
                if (seen.containsKey(source.name())) {
                    views.add(PluginSet.duplicate(source, seen.get(source.name())));
                    continue;
                }
                WatchedPlugin watchedPlugin = member(source, lock, known);
                members.add(watchedPlugin);
                views.add(watchedPlugin.info);
                if (!source.disabled()) {
                    seen.put(source.name(), source.folder().toString());
                }
            }
        }
    }

    private synchronized void closeUnused(LoadedPlugin plugin) {
        plugin.closeUnused();
    }

    private synchronized Map<Path, WatchedPlugin> known() {
        return current.members.stream()
                .collect(Collectors.toMap(
                        watchedPlugin -> watchedPlugin.source.folder(), watchedPlugin -> watchedPlugin));
    }

    private WatchedPlugin member(PluginFiles source, PluginLockFile lock, Map<Path, WatchedPlugin> known) {
        Optional<WatchedPlugin> before = Optional.ofNullable(known.get(source.folder()));
        String fingerprint = source.fingerprint() + lock.fingerprint(source.name());
        if (before.isPresent() && before.get().fingerprint.equals(fingerprint)) {
            return before.get();
        }
        LoadedPlugin loaded = load(source, lock);
        boolean wasActive = before.isPresent() && before.get().plugin.plugin().state() == PluginState.ACTIVE;
        if (!wasActive || !loaded.plugin().broken()) {
            return new WatchedPlugin(source, fingerprint, loaded, loaded.plugin());
        }
        loaded.closeUnused();
        LoadedPlugin old = before.get().plugin;
        List<PluginProblem> problems = new ArrayList<>(loaded.plugin().problems());
        problems.add(PluginProblem.warning(
                source.name(),
                "correct it, or `carve plugins disable %s`".formatted(source.name()),
                "the version in %s cannot be used; the previous one, %s, stays active",
                source.folder(),
                String.join(", ", old.plugin().modules())));
        return new WatchedPlugin(source, fingerprint, old, old.plugin().with(problems));
    }

    private LoadedPlugin load(PluginFiles source, PluginLockFile lock) {
        copied++;
        Path copy = copies.resolve(source.name() + "-" + copied);
        List<AutoCloseable> held = List.of(() -> FileTrees.delete(copy));
        try {
            FileTrees.copy(source.folder(), copy);
            return loader.load(source, new PluginFiles(source.name(), copy), lock, held);
        } catch (IOException | UncheckedIOException e) {
            PluginProblem pluginProblem = PluginProblem.error(
                    source.name(), "see that its files can be read", "its files cannot be copied: %s", e);
            Plugin broken = new Plugin(
                    source.name(),
                    source.folder().toString(),
                    PluginState.INSTALLED,
                    List.of(),
                    List.of(),
                    List.of(pluginProblem));
            return new LoadedPlugin(broken, held);
        }
    }

    private synchronized boolean replace(Version next) {
        if (closed || next.same(current)) {
            return false;
        }
        for (WatchedPlugin watchedPlugin : next.members) {
            watchedPlugin.plugin.retain();
            using.add(watchedPlugin.plugin);
        }
        Version before = current;
        current = next;
        release(before);
        LOG.log(
                Level.INFO,
                "plugins: {0}",
                next.members.stream().map(ReloadablePlugins::describe).toList());
        return true;
    }

    private static String describe(WatchedPlugin watchedPlugin) {
        return "%s %s %s"
                .formatted(watchedPlugin.info.name(), watchedPlugin.info.state(), watchedPlugin.info.modules());
    }

    private void release(Version generation) {
        generation.users--;
        if (generation.users == 0) {
            generation.members.forEach(watchedPlugin -> watchedPlugin.plugin.release());
            using.removeIf(plugin -> !plugin.used());
        }
        if (closed && using.isEmpty()) {
            copies.close();
        }
    }

    /** Closes the plugins; those that leases still use are closed with the last lease. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Version last = current;
            current = new Version(PluginSet.of(fixed), List.of());
            release(last);
        }
    }
}
