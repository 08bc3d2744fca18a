package carve.app.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.mixer.MixerProvider;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a new plugin is seen by the next lease, that a lease keeps its plugins, and that unused ones are unloaded. */
final class ReloadablePluginsTest {
    private static final long PATIENCE_MILLIS = 60_000;

    @TempDir
    private static Path shared;

    @TempDir
    private Path folder;

    private PluginStore store;
    private ReloadablePlugins plugins;

    @BeforeAll
    static void compile() throws IOException {
        DecayPlugin.write(0, jar(0));
        DecayPlugin.write(1, jar(1));
        PluginJarBuilder.mixer("com.example.other", "other").write(shared.resolve("other.jar"));
    }

    private static Path jar(int version) {
        return shared.resolve("decay-1.%d.jar".formatted(version));
    }

    @BeforeEach
    void open() {
        store = new PluginStore(folder);
        store.install(jar(0), "");
        plugins = ReloadablePlugins.open(List.of(), List.of(), List.of(folder));
    }

    @AfterEach
    void close() {
        plugins.close();
    }

    private static Plugin decay(PluginSet platform) {
        return platform.plugins().stream()
                .filter(plugin -> plugin.name().equals(DecayPlugin.NAME))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> version(PluginSet platform) {
        return decay(platform).modules();
    }

    private static void await(BooleanSupplier condition) {
        long limit = System.currentTimeMillis() + PATIENCE_MILLIS;
        while (!condition.getAsBoolean()) {
            assertTrue(System.currentTimeMillis() < limit, "it has not happened in a minute");
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    // in a method of its own, so that no local variable keeps the class
    private WeakReference<Class<?>> classOf(ReloadablePlugins.Lease lease) {
        return new WeakReference<>(
                decay(lease.platform()).providers().getFirst().getClass());
    }

    @Test
    void aNewVersionIsForTheNextLease() {
        try (var before = plugins.lease()) {
            store.install(jar(1), "");
            assertTrue(plugins.refresh());
            assertFalse(plugins.refresh());
            assertEquals(List.of(DecayPlugin.module(0)), version(before.platform()));
            try (var after = plugins.lease()) {
                assertEquals(List.of(DecayPlugin.module(1)), version(after.platform()));
            }
            List<Integer> old = GreedyAnswers.of(before.catalogs(GreedyAnswers.NOTHING), (_, _) -> {});
            assertEquals(12, old.size());
            assertEquals(
                    List.of(PluginState.UNINSTALLED),
                    plugins.retired().stream().map(Plugin::state).toList());
        }
        assertEquals(List.of(), plugins.retired());
    }

    @Test
    void theClassesOfAnOldVersionAreCollectedAfterItsLastLease() {
        var lease = plugins.lease();
        GreedyAnswers.of(lease.catalogs(GreedyAnswers.NOTHING), (_, _) -> {});
        WeakReference<Class<?>> old = classOf(lease);
        WeakReference<ModuleLayer> layer =
                new WeakReference<>(old.get().getModule().getLayer());
        store.install(jar(1), "");
        plugins.refresh();
        ManagementFactory.getMemoryMXBean().gc();
        assertTrue(old.get() != null, "a lease keeps its classes");
        lease.close();
        lease = plugins.lease();
        await(() -> {
            ManagementFactory.getMemoryMXBean().gc();
            return old.get() == null && layer.get() == null;
        });
        assertEquals(List.of(DecayPlugin.module(1)), version(lease.platform()));
        lease.close();
    }

    @Test
    void providersAreClosedWithTheLastLease() {
        System.clearProperty("carve.test.closed");
        var lease = plugins.lease();
        store.install(jar(1), "");
        plugins.refresh();
        assertEquals("", System.getProperty("carve.test.closed", ""));
        lease.close();
        lease.close();
        assertEquals("1.0", System.getProperty("carve.test.closed"));
        plugins.close();
        assertEquals("1.1", System.getProperty("carve.test.closed"));
    }

    @Test
    void whatIsRemovedGoesOnInLeasesThatHaveIt() {
        try (var lease = plugins.lease()) {
            store.remove(DecayPlugin.NAME);
            plugins.refresh();
            assertEquals(List.of(), plugins.current().providers());
            assertEquals(
                    1, lease.catalogs(GreedyAnswers.NOTHING).mixers().names().size());
            assertEquals(
                    12,
                    GreedyAnswers.of(lease.catalogs(GreedyAnswers.NOTHING), (_, _) -> {})
                            .size());
        }
    }

    @Test
    void whatIsDisabledStopsAndStartsAgain() {
        store.disable(DecayPlugin.NAME);
        plugins.refresh();
        assertEquals(PluginState.STOPPED, decay(plugins.current()).state());
        assertEquals(List.of(), plugins.current().providers());
        store.enable(DecayPlugin.NAME);
        plugins.refresh();
        assertEquals(PluginState.ACTIVE, decay(plugins.current()).state());
    }

    @Test
    void aVersionThatCannotBeUsedLeavesTheOneBefore() throws IOException {
        Path jar = folder.resolve("decay/decay-1.0.jar");
        Files.writeString(jar, "torn");
        plugins.refresh();
        Plugin decay = decay(plugins.current());
        assertEquals(PluginState.ACTIVE, decay.state());
        assertEquals(
                List.of(
                        "decay/decay-1.0.jar is not the file that plugins.lock names",
                        "decay-1.0.jar cannot be read: zip END header not found",
                        "the version in %s cannot be used; the previous one, %s, stays active"
                                .formatted(folder.resolve("decay"), DecayPlugin.module(0))),
                decay.problems().stream()
                        .map(pluginProblem -> pluginProblem.message().replaceFirst(": its SHA-256.*", ""))
                        .sorted((a, b) -> a.startsWith("the") ? 1 : b.startsWith("the") ? -1 : b.compareTo(a))
                        .toList());
        assertFalse(plugins.refresh());
        store.install(jar(1), "");
        plugins.refresh();
        assertEquals(List.of(DecayPlugin.module(1)), version(plugins.current()));
        assertEquals(List.of(), decay(plugins.current()).problems());
    }

    @Test
    void pluginsThatDidNotChangeKeepTheirClasses() {
        Object before = decay(plugins.current()).providers().getFirst();
        store.install(shared.resolve("other.jar"), "");
        plugins.refresh();
        assertEquals(2, plugins.current().providers().size());
        assertSame(before, decay(plugins.current()).providers().getFirst());
        store.reload(DecayPlugin.NAME);
        plugins.refresh();
        assertNotSame(before, decay(plugins.current()).providers().getFirst());
        assertEquals(List.of(DecayPlugin.module(0)), version(plugins.current()));
    }

    @Test
    void aPluginOfTheProgramComesFirst() {
        try (var both = ReloadablePlugins.open(List.of(), List.of(folder), List.of(folder))) {
            assertEquals(
                    List.of(
                            "plugin 'decay': there is a plugin of this name in %s already; remove or disable one of them"
                                    .formatted(folder.resolve("decay"))),
                    both.current().problemMessages());
            assertEquals(
                    1,
                    both.current().providers().stream()
                            .filter(MixerProvider.class::isInstance)
                            .count());
        }
    }

    @Test
    void whatIsCopiedIntoAWatchedFolderIsTakenUp() throws IOException {
        try (var _ = plugins.watch()) {
            await(() -> version(plugins.current()).equals(List.of(DecayPlugin.module(0))));
            Path other = Files.createDirectories(folder.resolve("other"));
            Files.copy(shared.resolve("other.jar"), other.resolve("other.jar"));
            await(() -> plugins.current().providers().size() == 2);
            store.install(jar(1), "");
            await(() -> version(plugins.current()).equals(List.of(DecayPlugin.module(1))));
            FileTrees.delete(other);
            await(() -> plugins.current().providers().size() == 1);
        }
        store.remove(DecayPlugin.NAME);
        assertEquals(1, plugins.current().providers().size());
    }

    @Test
    void closedPluginsGiveNoLease() {
        plugins.close();
        assertEquals(
                "the plugins are closed",
                assertThrows(IllegalStateException.class, () -> plugins.lease()).getMessage());
    }
}
