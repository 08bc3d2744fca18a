package carve.app.cli;

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
public final class CommandOptions {
    private final CommandSpec spec;
    private final List<String> examples = new ArrayList<>();

    private CommandOptions(CommandSpec spec) {
        this.spec = spec;
    }

    /** Begins the specification of a command, with what all commands have. */
    public static CommandOptions of(Class<? extends Command> command, String name, String... description) {
        return of(new CommandType(command, false), name, description);
    }

    /** Begins the specification of a command that runs for long and logs its progress. */
    static CommandOptions ofLongRunning(Class<? extends Command> command, String name, String... description) {
        return of(new CommandType(command, true), name, description);
    }

    private static CommandOptions of(CommandType command, String name, String... description) {
        CommandSpec spec = CommandSpec.wrapWithoutInspection(command).name(name);
        spec.usageMessage().description(description).width(110).abbreviateSynopsis(false);
        return new CommandOptions(spec);
    }

    /** Adds an option without a value. */
    public CommandOptions flag(String name, String... description) {
        spec.addOption(OptionSpec.builder(name)
                .type(boolean.class)
                .arity("0")
                .description(description)
                .build());
        return this;
    }

    /** Adds an option with a value. */
    public CommandOptions option(String name, Class<?> type, String label, String... description) {
        spec.addOption(OptionSpec.builder(name)
                .type(type)
                .paramLabel(label)
                .description(description)
                .build());
        return this;
    }

    /** Adds an option with a value that must be given. */
    public CommandOptions required(String name, Class<?> type, String label, String... description) {
        spec.addOption(OptionSpec.builder(name)
                .type(type)
                .paramLabel(label)
                .required(true)
                .description(description)
                .build());
        return this;
    }

    CommandOptions files(String name, String label, String... description) {
        spec.addOption(OptionSpec.builder(name)
                .type(Path[].class)
                .arity("1..*")
                .paramLabel(label)
                .description(description)
                .build());
        return this;
    }

    /** Adds a positional parameter that must be given. */
    public CommandOptions parameter(Class<?> type, String label, String... description) {
        spec.addPositional(PositionalParamSpec.builder()
                .type(type)
                .paramLabel(label)
                .arity("1")
                .index(String.valueOf(spec.positionalParameters().size()))
                .description(description)
                .build());
        return this;
    }

    CommandOptions parameters(Class<?> type, String label, String... description) {
        spec.addPositional(PositionalParamSpec.builder()
                .type(type.arrayType())
                .paramLabel(label)
                .arity("0..*")
                .index("0..*")
                .description(description)
                .build());
        return this;
    }

    /** Adds a positional parameter that may be left out. */
    public CommandOptions optionalParameter(Class<?> type, String label, String... description) {
        spec.addPositional(PositionalParamSpec.builder()
                .type(type)
                .paramLabel(label)
                .arity("0..1")
                .index(String.valueOf(spec.positionalParameters().size()))
                .description(description)
                .build());
        return this;
    }

    /** Adds a line to the examples of the help. */
    public CommandOptions example(String line) {
        examples.add("  " + line);
        return this;
    }

    /** Adds a subcommand. */
    public CommandOptions subcommand(CommandSpec inner) {
        spec.addSubcommand(inner.name(), inner);
        return this;
    }

    /** Returns the specification, with options that all commands have. */
    public CommandSpec build() {
        addGlobalOptions();
        if (!examples.isEmpty()) {
            spec.usageMessage().footerHeading("%nExamples:%n").footer(examples.toArray(String[]::new));
        }
        return spec;
    }

    private void addGlobalOptions() {
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Show this help and exit.")
                .build());
        option("--device", String.class, "NAME", "Device: auto, or a name that `carve devices` lists.");
        option("--require", String.class, "WHAT", "'kernels': fail if the device has no kernel for a fused op.");
        files(
                "--plugins",
                "DIR",
                "Additional folders of plugins, beside ~/.carve/plugins or CARVE_PLUGINS. Each plugin is a folder in one of these.");
        files("--config", "FILE", "Settings that override the defaults; ./carve.conf if not given and if it exists.");
        spec.addOption(OptionSpec.builder("-D")
                .type(Map.class)
                .auxiliaryTypes(String.class, String.class)
                .paramLabel("KEY=VALUE")
                .description("Override a setting, as in -Dcarve.device=cpu.")
                .build());
        flag("--verbose", "Log progress.");
        flag("--debug", "Log more, and print the stack traces of errors.");
    }

    /** Returns the value of an option, or another where it was not given. */
    public static <T> T valueOr(ParseResult arguments, String option, T otherwise) {
        return arguments.matchedOptionValue(option, otherwise);
    }

    /** Returns the value of an option, if it was given. */
    public static <T> Optional<T> find(ParseResult arguments, String option) {
        return Optional.ofNullable(arguments.<T>matchedOptionValue(option, null));
    }

    /** Returns whether an option without a value was given. */
    public static boolean hasFlag(ParseResult arguments, String option) {
        return arguments.matchedOptionValue(option, false);
    }

    static List<Path> paths(ParseResult arguments, String option) {
        return List.of(arguments.matchedOptionValue(option, new Path[0]));
    }

    static <T> List<T> parameters(ParseResult arguments, T[] none) {
        return List.of(arguments.matchedPositionalValue(0, none));
    }

    /** Returns the value of a positional parameter, from 0. */
    public static <T> T parameter(ParseResult arguments, int index) {
        return arguments.<T>matchedPositionalValue(index, null);
    }
}
