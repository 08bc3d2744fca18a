package carve.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** Makes specifications of commands and reads what was given for them. */
final class Arguments {
    private final CommandSpec spec;
    private final List<String> examples = new ArrayList<>();

    private Arguments(CommandSpec spec) {
        this.spec = spec;
    }

    /** Begins the specification of a command, with what all commands have. */
    static Arguments of(Command command, String name, String... description) {
        CommandSpec spec = CommandSpec.wrapWithoutInspection(command).name(name);
        spec.usageMessage().description(description).width(110).abbreviateSynopsis(false);
        return new Arguments(spec);
    }

    Arguments flag(String name, String... description) {
        spec.addOption(OptionSpec.builder(name)
                .type(boolean.class)
                .arity("0")
                .description(description)
                .build());
        return this;
    }

    Arguments option(String name, Class<?> type, String label, String... description) {
        spec.addOption(OptionSpec.builder(name)
                .type(type)
                .paramLabel(label)
                .description(description)
                .build());
        return this;
    }

    Arguments required(String name, Class<?> type, String label, String... description) {
        spec.addOption(OptionSpec.builder(name)
                .type(type)
                .paramLabel(label)
                .required(true)
                .description(description)
                .build());
        return this;
    }

    Arguments files(String name, String label, String... description) {
        spec.addOption(OptionSpec.builder(name)
                .type(Path[].class)
                .arity("1..*")
                .paramLabel(label)
                .description(description)
                .build());
        return this;
    }

    Arguments parameter(Class<?> type, String label, String... description) {
        spec.addPositional(PositionalParamSpec.builder()
                .type(type)
                .paramLabel(label)
                .arity("1")
                .index(String.valueOf(spec.positionalParameters().size()))
                .description(description)
                .build());
        return this;
    }

    Arguments parameters(Class<?> type, String label, String... description) {
        spec.addPositional(PositionalParamSpec.builder()
                .type(type.arrayType())
                .paramLabel(label)
                .arity("0..*")
                .index("0..*")
                .description(description)
                .build());
        return this;
    }

    Arguments optionalParameter(Class<?> type, String label, String... description) {
        spec.addPositional(PositionalParamSpec.builder()
                .type(type)
                .paramLabel(label)
                .arity("0..1")
                .index(String.valueOf(spec.positionalParameters().size()))
                .description(description)
                .build());
        return this;
    }

    Arguments example(String line) {
        examples.add("  " + line);
        return this;
    }

    Arguments subcommand(Command command) {
        CommandSpec inner = command.specification();
        spec.addSubcommand(inner.name(), inner);
        return this;
    }

    /** Returns the specification, with options that all commands have. */
    CommandSpec build() {
        global();
        if (!examples.isEmpty()) {
            spec.usageMessage().footerHeading("%nExamples:%n").footer(examples.toArray(String[]::new));
        }
        return spec;
    }

    private void global() {
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Show this help and exit.")
                .build());
        option("--device", String.class, "NAME", "Device to work on: auto or a name that `carve devices` shows.");
        option(
                "--require",
                String.class,
                "WHAT",
                "With `kernels`: an op for which the device has no kernel is an error.");
        files(
                "--plugins",
                "DIR",
                "More folders with plugins, each a folder, beside ~/.carve/plugins or what CARVE_PLUGINS names.");
        files("--config", "FILE", "Settings over the defaults; without it, ./carve.conf where there is one.");
        spec.addOption(OptionSpec.builder("-D")
                .type(Map.class)
                .auxiliaryTypes(String.class, String.class)
                .paramLabel("KEY=VALUE")
                .description("A setting over all files, such as -Dcarve.device=cpu.")
                .build());
        flag("--verbose", "Log what is going on.");
        flag("--debug", "Log more, and show where errors come from.");
    }

    static <T> T get(ParseResult arguments, String option, T otherwise) {
        return arguments.matchedOptionValue(option, otherwise);
    }

    static <T> Optional<T> find(ParseResult arguments, String option) {
        return Optional.ofNullable(arguments.<T>matchedOptionValue(option, null));
    }

    static boolean flagged(ParseResult arguments, String option) {
        return arguments.matchedOptionValue(option, false);
    }

    static List<Path> paths(ParseResult arguments, String option) {
        return List.of(arguments.matchedOptionValue(option, new Path[0]));
    }

    static <T> List<T> parameters(ParseResult arguments, T[] none) {
        return List.of(arguments.matchedPositionalValue(0, none));
    }

    static <T> T parameter(ParseResult arguments, int index) {
        return arguments.<T>matchedPositionalValue(index, null);
    }
}
