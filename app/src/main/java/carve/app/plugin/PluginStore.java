package carve.app.plugin;

import carve.api.config.NameSuggestions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A folder of plugins that can be changed. Each change is atomic, made by one process at a time, and recorded in {@code
 * plugins.lock}.
 *
 * @param folder where the plugins are
 */
public record PluginStore(Path folder) {
    /**
     * The result of an installation.
     *
     * @param name the name of the plugin
     * @param replaced whether there was one of this name
     * @param warnings problems that do not keep it from being used
     */
    public record Installed(String name, boolean replaced, List<PluginProblem> warnings) {
        /** Copies the list. */
        public Installed {
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * Installs a plugin, or another version of it in its place. Nothing of it runs.
     *
     * @param from the jar of its module, a folder with jars and {@code lib/}, or a zip of such a folder
     * @param name its name; empty for that of its manifest or file
     * @throws PluginException if it has not passed the checks; the message has all problems, and the folder is as it
     *     was
     */
    public Installed install(Path from, String name) {
        try (PluginPackage source = PluginPackage.open(from)) {
            String chosen = name.isEmpty() ? source.name() : PluginPackage.requireName(name);
            requireUsable(from, PluginChecks.of(chosen, source, ModuleLayer.boot()));
            return install(source, chosen);
        } catch (IOException e) {
            throw new PluginException("%s cannot be installed in %s: %s".formatted(from, folder, e), e);
        }
    }

    private Installed install(PluginPackage source, String name) throws IOException {
        try (var _ = FolderLock.acquire(folder)) {
            Path staged = Files.createDirectory(folder.resolve(FolderLock.NEW + "installed"));
            try {
                source.unpack(staged);
                return install(source.file(), staged, name);
            } finally {
                FileTrees.delete(staged);
            }
        }
    }

    // the copy is checked once more, as the source may have changed
    private Installed install(Path from, Path staged, String name) throws IOException {
        List<PluginProblem> problems = check(new PluginFiles(name, staged), from.toString());
        requireUsable(from, problems);
        PluginLockFile lock = PluginLockFile.read(folder).with(new PluginFiles(name, staged));
        Path place = folder.resolve(name);
        boolean replaced = Files.exists(place);
        if (replaced) {
            keepDisabled(place, staged);
        }
        put(staged, place, lock);
        return new Installed(name, replaced, problems);
    }

    private static void requireUsable(Path from, List<PluginProblem> problems) {
        if (problems.stream().anyMatch(PluginProblem::fatal)) {
            String lines = problems.stream()
                    .map(pluginProblem -> "\n  " + pluginProblem.line())
                    .collect(Collectors.joining());
            throw new PluginException("%s cannot be installed:%s".formatted(from, lines));
        }
    }

    // the installed version stays, or comes back, unless all of this succeeds
    private void put(Path staged, Path place, PluginLockFile lock) throws IOException {
        Path old = folder.resolve(FolderLock.OLD + place.getFileName());
        boolean replaces = Files.exists(place);
        if (replaces) {
            Files.move(place, old);
        }
        try {
            Files.move(staged, place);
            lock.write(folder);
        } catch (IOException e) {
            FileTrees.delete(place);
            if (replaces) {
                Files.move(old, place);
            }
            throw e;
        }
        FileTrees.delete(old);
    }

    private static void keepDisabled(Path place, Path staged) throws IOException {
        if (Files.exists(place.resolve(PluginFiles.DISABLED))) {
            Files.writeString(staged.resolve(PluginFiles.DISABLED), "");
        }
    }

    private static List<PluginProblem> check(PluginFiles source, String origin) {
        return PluginChecks.of(source, origin, PluginLockFile.empty(), ModuleLayer.boot(), true);
    }

    /**
     * Returns the problems of a jar, folder or zip that is not installed. Nothing of it runs, and nothing is
     * unpacked.
     *
     * @throws PluginException if it cannot be read, or is a zip that must not be unpacked
     */
    public static List<PluginProblem> verify(Path from) {
        try (PluginPackage source = PluginPackage.open(from)) {
            return PluginChecks.of(source.name(), source, ModuleLayer.boot());
        } catch (IOException e) {
            throw new PluginException("%s cannot be read: %s".formatted(from, e), e);
        }
    }

    /** Returns the problems of a plugin of the folder. Nothing of it runs. */
    public List<PluginProblem> verify(String name) {
        FolderLock.awaitUnlocked(folder);
        Path place = folder.resolve(name);
        if (!Files.isDirectory(place)) {
            return missingPlugins().stream()
                    .filter(pluginProblem -> pluginProblem.plugin().equals(name))
                    .toList();
        }
        return PluginChecks.of(
                new PluginFiles(name, place), place.toString(), PluginLockFile.read(folder), ModuleLayer.boot(), true);
    }

    /** Returns the problems of plugins that {@code plugins.lock} names and that are missing. */
    public List<PluginProblem> missingPlugins() {
        FolderLock.awaitUnlocked(folder);
        List<String> names = names();
        return locked().stream()
                .filter(name -> !names.contains(name))
                .map(name -> PluginProblem.warning(
                        name,
                        "install it again, or run `carve plugins remove %s`".formatted(name),
                        "%s names it, and there is no folder of it in %s",
                        PluginLockFile.FILE,
                        folder))
                .toList();
    }

    /** Returns the names of the plugins in the folder. */
    public List<String> names() {
        return PluginFiles.scan(folder).stream().map(PluginFiles::name).toList();
    }

    /** Returns the names of the plugins whose files {@code plugins.lock} names. */
    public List<String> locked() {
        return PluginLockFile.read(folder).plugins();
    }

    /** Removes a plugin. */
    public void remove(String name) {
        change(name, "removed", place -> {
            PluginLockFile rest = PluginLockFile.read(folder).without(name);
            Path gone = folder.resolve(FolderLock.NEW + name);
            if (Files.exists(place)) {
                Files.move(place, gone);
            }
            if (locked().contains(name)) {
                rest.write(folder);
            }
            FileTrees.delete(gone);
        });
    }

    /** Enables a plugin again. */
    public void enable(String name) {
        change(name, "enabled", place -> Files.deleteIfExists(place.resolve(PluginFiles.DISABLED)));
    }

    /** Disables a plugin. Its files stay. */
    public void disable(String name) {
        change(name, "disabled", place -> Files.writeString(place.resolve(PluginFiles.DISABLED), ""));
    }

    /** Makes processes that watch the folder reload a plugin. */
    public void reload(String name) {
        change(
                name,
                "reloaded",
                place -> Files.writeString(
                        place.resolve(PluginFiles.RELOAD), Instant.now().toString()));
    }

    /** Writes the current checksums of a plugin to {@code plugins.lock}. */
    public void lock(String name) {
        change(
                name,
                "locked",
                place -> PluginLockFile.read(folder)
                        .with(new PluginFiles(name, place))
                        .write(folder));
    }

    /** A change to a plugin's folder. */
    @FunctionalInterface
    private interface Change {
        void to(Path place) throws IOException;
    }

    private void change(String name, String done, Change change) {
        if (!has(name)) {
            throw new PluginException("%s: %s".formatted(folder, NameSuggestions.unknown("plugin", name, names())));
        }
        try (var _ = FolderLock.acquire(folder)) {
            change.to(folder.resolve(name));
        } catch (IOException e) {
            throw new PluginException("plugin '%s' in %s cannot be %s: %s".formatted(name, folder, done, e), e);
        }
    }

    /** Returns the names of plugins in the folder, and of those that the lock names. */
    public List<String> known() {
        return Stream.concat(names().stream(), locked().stream())
                .distinct()
                .sorted()
                .toList();
    }

    /** Returns whether there is a plugin of this name, or the lock names one. */
    public boolean has(String name) {
        return known().contains(name);
    }

    /** Returns the first of these folders that has a plugin of this name. */
    public static Optional<PluginStore> find(String name, List<Path> folders) {
        return folders.stream()
                .map(PluginStore::new)
                .filter(store -> store.has(name))
                .findFirst();
    }
}
