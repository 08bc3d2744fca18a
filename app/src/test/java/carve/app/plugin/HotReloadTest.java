package carve.app.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.runtime.engine.TokenListener;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Fifty versions of a plugin come while sessions answer: no token is wrong, and the memory of classes does not grow. */
final class HotReloadTest {
    private static final int RELOADS = 50;
    private static final int SETTLED = 10;
    // a version that stays takes some 120 KiB and 33 classes; forty of them would be far over these
    private static final long MOST_BYTES = 1 << 20;
    private static final int MOST_CLASSES = 300;

    @TempDir
    private Path work;

    private final AtomicBoolean done = new AtomicBoolean();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final SynchronousQueue<String> answering = new SynchronousQueue<>();
    private final SynchronousQueue<String> reloaded = new SynchronousQueue<>();

    /** The memory for classes, and their number, in this process. */
    private record Memory(long bytes, int classes) {
        static Memory now() {
            ManagementFactory.getMemoryMXBean().gc();
            long bytes = ManagementFactory.getMemoryPoolMXBeans().stream()
                    .filter(pool -> pool.getName().equals("Metaspace"))
                    .mapToLong(pool -> pool.getUsage().getUsed())
                    .sum();
            return new Memory(bytes, ManagementFactory.getClassLoadingMXBean().getLoadedClassCount());
        }
    }

    private Path jar(int version) {
        return work.resolve("decay-1.%d.jar".formatted(version));
    }

    private static String version(PluginSet platform) {
        return platform.plugins().stream()
                .filter(plugin -> plugin.name().equals(DecayPlugin.NAME))
                .flatMap(plugin -> plugin.modules().stream())
                .findFirst()
                .orElseThrow();
    }

    private static List<Integer> answer(ReloadablePlugins plugins, TokenListener listener) {
        try (var lease = plugins.lease()) {
            return GreedyAnswers.of(lease.catalogs(GreedyAnswers.NOTHING), listener);
        }
    }

    private List<List<Integer>> expected() throws IOException {
        List<List<Integer>> expected = new ArrayList<>();
        for (int version = 0; version < DecayPlugin.VERSIONS; version++) {
            DecayPlugin.write(version, jar(version));
            Path alone = work.resolve("alone-" + version);
            new PluginStore(alone).install(jar(version), "");
            try (var plugins = ReloadablePlugins.open(List.of(), List.of(), List.of(alone))) {
                expected.add(answer(plugins, TokenListener.NONE));
            }
        }
        assertEquals(DecayPlugin.VERSIONS, new HashSet<>(expected).size(), "the versions answer differently");
        return expected;
    }

    // one session after the other; returns how many
    private int answerOn(ReloadablePlugins plugins, List<List<Integer>> expected, boolean acrossReloads) {
        int sessions = 0;
        while (!done.get()) {
            try (var lease = plugins.lease()) {
                String version = version(lease.platform());
                List<Integer> tokens = new ArrayList<>();
                List<Integer> answer = GreedyAnswers.of(lease.catalogs(GreedyAnswers.NOTHING), (_, token) -> {
                    tokens.add(token);
                    if (acrossReloads && tokens.size() == 3) {
                        waitForReload(version);
                    }
                });
                int number = Integer.parseInt(version.substring(version.lastIndexOf('.') + 1));
                if (!answer.equals(expected.get(number)) || !tokens.equals(answer)) {
                    wrong.add("%s answered %s, not %s".formatted(version, answer, expected.get(number)));
                }
                sessions++;
            }
        }
        return sessions;
    }

    private void waitForReload(String version) {
        try {
            answering.put(version);
            reloaded.take();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    @Timeout(300)
    void fiftyReloadsUnderLoad() throws IOException, InterruptedException, ExecutionException {
        List<List<Integer>> expected = expected();
        Path folder = work.resolve("plugins");
        PluginStore store = new PluginStore(folder);
        store.install(jar(0), "");
        List<Memory> memory = new ArrayList<>();
        try (var plugins = ReloadablePlugins.open(List.of(), List.of(), List.of(folder));
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<Integer> across = threads.submit(() -> answerOn(plugins, expected, true));
            Future<Integer> free = threads.submit(() -> answerOn(plugins, expected, false));
            for (int reload = 1; reload <= RELOADS; reload++) {
                assertEquals(DecayPlugin.module((reload - 1) % DecayPlugin.VERSIONS), answering.take());
                store.install(jar(reload % DecayPlugin.VERSIONS), "");
                assertTrue(plugins.refresh());
                assertTrue(plugins.retired().size() >= 1, "a session goes on with the version before");
                done.set(reload == RELOADS);
                reloaded.put("go on");
                if (reload >= SETTLED) {
                    memory.add(Memory.now());
                }
            }
            assertEquals(RELOADS, across.get());
            assertTrue(free.get() > 0);
            assertEquals(List.of(), List.copyOf(wrong));
            assertEquals(List.of(), plugins.retired());
            memory.add(Memory.now());
        }
        Memory first = memory.getFirst();
        Memory last = memory.getLast();
        assertTrue(last.bytes - first.bytes < MOST_BYTES, () -> "after 10 and 50 reloads: " + first + ", " + last);
        assertTrue(last.classes - first.classes < MOST_CLASSES, () -> "after 10 and 50: " + first + ", " + last);
        System.getLogger(HotReloadTest.class.getName())
                .log(System.Logger.Level.INFO, "after 10 and 50 reloads: {0}, {1}", first, last);
    }
}
