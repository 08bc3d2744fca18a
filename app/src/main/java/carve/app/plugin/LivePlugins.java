package carve.app.plugin;

import carve.api.config.SettingsNode;
import carve.hocon.Catalogs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
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
 * The plugins of a process that runs for long, while they come, change and go.
 *
 * <p>Whoever opens a model takes a lease, makes the model with what the lease has, and closes the lease after the model. A
 * lease never changes: what is installed meanwhile is for the next one. When the last lease of a version is closed and there
 * is a newer one, its providers that are {@link AutoCloseable} are closed, its jars too, and nothing here refers to its
 * classes any more.
 *
 * {@snippet :
 * try (var plugins = LivePlugins.open(builtIn, List.of(home), List.of(folder));
 *         var watch = plugins.watch();
 *         var lease = plugins.lease()) {
 *     Catalogs catalogs = lease.catalogs(settings);
 *     // open a model with them, and let it answer
 * }
 * }
 *
 * <p>Plugins of watched folders are copied before they are loaded, so that nobody can change a jar that is in use. A new
 * version that cannot be used is told of, and the one from before goes on. Safe for use by several threads.
 */
public final class LivePlugins implements AutoCloseable {
    private static final System.Logger LOG =
            System.getLogger(LivePlugins.class.getModule().getName());

    /**
     * A plugin of a watched folder.
     *
     * @param source where it lies
     * @param fingerprint of its files when they were looked at
     * @param plugin what was loaded
     * @param view what is told of it
     */
    private record Member(PluginSource source, String fingerprint, LoadedPlugin plugin, Plugin view) {}

    /** What is there at a time, and how many want it to stay. */
    private static final class Generation {
        private final PluginPlatform platform;
        private final List<Member> members;
        private int users = 1;

        private Generation(PluginPlatform platform, List<Member> members) {
            this.platform = platform;
            this.members = List.copyOf(members);
        }

        private boolean same(Generation other) {
            return members.equals(other.members) && platform.plugins().equals(other.platform.plugins());
        }
    }

    private final PluginLoader loader = new PluginLoader(ModuleLayer.boot());
    private final List<Plugin> fixed;
    private final List<Path> watched;
    private final Path copies;
    private final Object refreshing = new Object();
    private final Set<LoadedPlugin> using = Collections.newSetFromMap(new IdentityHashMap<>());
    private Generation current;
    private long copied;
    private boolean closed;

    private LivePlugins(List<Plugin> fixed, List<Path> watched, Path copies) {
        this.fixed = List.copyOf(fixed);
        this.watched = List.copyOf(watched);
        this.copies = copies;
        this.current = new Generation(PluginPlatform.of(fixed), List.of());
    }

    /**
     * Loads plugins.
     *
     * @param builtIn providers that the program itself brings
     * @param fixed folders whose plugins are loaded once and stay, such as the program's own
     * @param watched folders whose plugins may come and go; they need not be there yet
     */
    public static LivePlugins open(List<Object> builtIn, List<Path> fixed, List<Path> watched) {
        try {
            PluginPlatform constant = PluginPlatform.load(builtIn, fixed);
            var plugins = new LivePlugins(constant.plugins(), watched, Files.createTempDirectory("carve-plugins"));
            plugins.refresh();
            return plugins;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A set of plugins that stays as it is until this is closed. */
    public final class Lease implements AutoCloseable {
        private final Generation generation;
        private boolean over;

        private Lease(Generation generation) {
            this.generation = generation;
        }

        /** Returns the plugins. */
        public PluginPlatform platform() {
            return generation.platform;
        }

        /**
         * Returns what the plugins provide, by kind and name.
         *
         * @param overrides settings over their defaults
         */
        public Catalogs catalogs(SettingsNode.Section overrides) {
            return Catalogs.of(generation.platform.providers(), overrides);
        }

        /** Gives the plugins back; what came from them must not be used any more. */
        @Override
        public void close() {
            synchronized (LivePlugins.this) {
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

    /** Returns the plugins as they are now, to tell of; what is used of them needs a lease. */
    public synchronized PluginPlatform current() {
        return current.platform;
    }

    /** Returns the plugins, or versions of them, that are no more and that leases still use. */
    public synchronized List<Plugin> retired() {
        Set<LoadedPlugin> now = current.members.stream().map(Member::plugin).collect(Collectors.toSet());
        return using.stream()
                .filter(plugin -> !now.contains(plugin))
                .map(plugin -> plugin.view().in(PluginState.UNINSTALLED))
                .toList();
    }

    /** Takes up what changes in the watched folders, until the result is closed. */
    public FolderWatch watch() {
        return FolderWatch.of(watched, this::refresh);
    }

    /**
     * Looks into the watched folders, and takes up what has changed. Returns whether something has.
     *
     * @throws PluginException if a folder cannot be read; the plugins are then as they were
     */
    public boolean refresh() {
        synchronized (refreshing) {
            List<Plugin> views = new ArrayList<>(fixed);
            List<Member> members = new ArrayList<>();
            try {
                look(views, members);
                return replace(new Generation(PluginPlatform.of(views), members));
            } finally {
                members.forEach(member -> closeUnused(member.plugin));
            }
        }
    }

    private void look(List<Plugin> views, List<Member> members) {
        Map<Path, Member> known = known();
        Map<String, String> seen = new HashMap<>();
        fixed.stream()
                .filter(plugin -> plugin.state() != PluginState.STOPPED)
                .forEach(plugin -> seen.put(plugin.name(), plugin.origin()));
        for (Path folder : watched) {
            FolderGuard.settle(folder);
            PluginLock lock = PluginLock.read(folder);
            for (PluginSource source : PluginSource.in(folder)) {
                if (seen.containsKey(source.name())) {
                    views.add(PluginPlatform.second(source, seen.get(source.name())));
                    continue;
                }
                Member member = member(source, lock, known);
                members.add(member);
                views.add(member.view);
                if (!source.disabled()) {
                    seen.put(source.name(), source.folder().toString());
                }
            }
        }
    }

    private synchronized void closeUnused(LoadedPlugin plugin) {
        plugin.closeUnused();
    }

    private synchronized Map<Path, Member> known() {
        return current.members.stream().collect(Collectors.toMap(member -> member.source.folder(), member -> member));
    }

    private Member member(PluginSource source, PluginLock lock, Map<Path, Member> known) {
        Optional<Member> before = Optional.ofNullable(known.get(source.folder()));
        String fingerprint = source.fingerprint() + lock.fingerprint(source.name());
        if (before.isPresent() && before.get().fingerprint.equals(fingerprint)) {
            return before.get();
        }
        LoadedPlugin loaded = load(source, lock);
        boolean wasActive = before.isPresent() && before.get().plugin.view().state() == PluginState.ACTIVE;
        if (!wasActive || !loaded.view().broken()) {
            return new Member(source, fingerprint, loaded, loaded.view());
        }
        loaded.closeUnused();
        LoadedPlugin old = before.get().plugin;
        List<Problem> problems = new ArrayList<>(loaded.view().problems());
        problems.add(Problem.warning(
                source.name(),
                "put it right, or `carve plugins disable %s`".formatted(source.name()),
                "the version in %s cannot be used; the one from before, %s, goes on",
                source.folder(),
                String.join(", ", old.view().modules())));
        return new Member(source, fingerprint, old, old.view().with(problems));
    }

    private LoadedPlugin load(PluginSource source, PluginLock lock) {
        copied++;
        Path copy = copies.resolve(source.name() + "-" + copied);
        List<AutoCloseable> held = List.of(() -> Folders.delete(copy));
        try {
            Folders.copy(source.folder(), copy);
            return loader.load(source, new PluginSource(source.name(), copy), lock, held);
        } catch (IOException | UncheckedIOException e) {
            Problem problem =
                    Problem.error(source.name(), "see that its files can be read", "its files cannot be copied: %s", e);
            Plugin broken = new Plugin(
                    source.name(),
                    source.folder().toString(),
                    PluginState.INSTALLED,
                    List.of(),
                    List.of(),
                    List.of(problem));
            return new LoadedPlugin(broken, held);
        }
    }

    private synchronized boolean replace(Generation next) {
        if (closed || next.same(current)) {
            return false;
        }
        for (Member member : next.members) {
            member.plugin.retain();
            using.add(member.plugin);
        }
        Generation before = current;
        current = next;
        release(before);
        LOG.log(
                Level.INFO,
                "plugins: {0}",
                next.members.stream().map(LivePlugins::describe).toList());
        return true;
    }

    private static String describe(Member member) {
        return "%s %s %s".formatted(member.view.name(), member.view.state(), member.view.modules());
    }

    private void release(Generation generation) {
        generation.users--;
        if (generation.users == 0) {
            generation.members.forEach(member -> member.plugin.release());
            using.removeIf(plugin -> !plugin.used());
        }
        if (closed && using.isEmpty()) {
            deleteCopies();
        }
    }

    private void deleteCopies() {
        try {
            Folders.delete(copies);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "{0} cannot be deleted: {1}", copies, e);
        }
    }

    /** Ends; what leases still use is closed with the last of them. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Generation last = current;
            current = new Generation(PluginPlatform.of(fixed), List.of());
            release(last);
        }
    }
}
