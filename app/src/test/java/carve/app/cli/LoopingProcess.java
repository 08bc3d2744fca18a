package carve.app.cli;

import java.nio.file.Path;
import java.time.Duration;

/** A process whose work never ends, as that of a plugin may. */
final class LoopingProcess {
    private LoopingProcess() {}

    /** Runs until it is asked to end, and then does not clean up. */
    public static void main(String[] arguments) {
        ShutdownRequest request = ShutdownRequest.install(Duration.ofSeconds(1), System.out::println);
        request.onTimeout(() -> Path.of(arguments[0]).toFile().delete());
        System.out.println("ready");
        while (true) {
            Thread.onSpinWait();
        }
    }
}
