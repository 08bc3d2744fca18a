package carve.app.cli;

import carve.api.tensor.Tensor;
import carve.app.report.Terminal;
import jakarta.inject.Inject;
import java.lang.module.ModuleDescriptor;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve version}. */
final class VersionCommand implements Command {
    private final Terminal terminal;

    @Inject
    VersionCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(VersionCommand.class, "version", "Show the versions of carve and Java.")
                .example("carve version")
                .build();
    }

    @Override
    public int run(ParseResult arguments) {
        terminal.println("carve " + version(VersionCommand.class));
        terminal.println("carve.api " + version(Tensor.class));
        terminal.println("Java %s (%s), %s %s"
                .formatted(
                        Runtime.version(),
                        System.getProperty("java.vm.vendor"),
                        System.getProperty("os.name"),
                        System.getProperty("os.arch")));
        return 0;
    }

    private static String version(Class<?> type) {
        ModuleDescriptor descriptor = type.getModule().getDescriptor();
        return descriptor.rawVersion().orElse("unknown version");
    }
}
