package carve.app.cli;

import carve.api.CarveException;
import carve.app.cli.plugin.PluginsCommand;
import carve.app.plugin.ExceptionOrigin;
import carve.app.report.ConsoleLoggerFinder;
import carve.app.report.Terminal;
import carve.app.wiring.AppModule;
import carve.app.wiring.GlobalOptions;
import carve.app.wiring.OpenDevices;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.ProvisionException;
import com.google.inject.Stage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * Runs command lines.
 *
 * <p>Exit codes: 0 for success, 1 where the work failed, 2 where the command line was wrong. A failure is one clear line, or
 * the lines that its message has; where it came from is shown with {@code --debug}.
 */
public final class CommandRunner {
    private static final int FAILED = 1;

    private final Terminal terminal;
    private final List<Path> home;
    private final Map<String, String> environment;

    /**
     * Makes the runner.
     *
     * @param home the folder where the program is installed; none where it is not
     * @param environment the environment's variables
     */
    public CommandRunner(Terminal terminal, List<Path> home, Map<String, String> environment) {
        this.terminal = terminal;
        this.home = List.copyOf(home);
        this.environment = Map.copyOf(environment);
    }

    /** Runs a command line and returns the exit code. */
    public int run(String... line) {
        CommandLine commands = new CommandLine(specification());
        commands.setOut(terminal.out()).setErr(terminal.err());
        commands.setExecutionStrategy(this::execute);
        commands.setParameterExceptionHandler((e, _) -> usageError(e));
        int code = commands.execute(line);
        terminal.out().flush();
        terminal.err().flush();
        return code;
    }

    private static CommandSpec specification() {
        CommandOptions root = CommandOptions.of(
                        UsageCommand.class,
                        "carve",
                        "Turns Transformer language and vision-language models into Mamba-2 and hybrid models, and runs them.")
                .subcommand(PullCommand.commandSpec())
                .subcommand(LinearizeCommand.commandSpec())
                .subcommand(GenerateCommand.commandSpec())
                .subcommand(ChatCommand.commandSpec())
                .subcommand(ServeCommand.commandSpec())
                .subcommand(EvalCommand.commandSpec())
                .subcommand(BenchCommand.commandSpec())
                .subcommand(InspectCommand.commandSpec())
                .subcommand(PlanCommand.commandSpec())
                .subcommand(ConvertCommand.commandSpec())
                .subcommand(ExportCommand.commandSpec())
                .subcommand(QuantizeCommand.commandSpec())
                .subcommand(TrainCommand.commandSpec())
                .subcommand(DistillCommand.commandSpec())
                .subcommand(WatchCommand.commandSpec())
                .subcommand(DemoCommand.commandSpec())
                .subcommand(TraceCommand.commandSpec())
                .subcommand(DataCommand.commandSpec())
                .subcommand(DevicesCommand.commandSpec())
                .subcommand(PluginsCommand.commandSpec())
                .subcommand(VersionCommand.commandSpec());
        return root.example("carve demo")
                .example("carve inspect MODEL")
                .example("carve generate MODEL --prompt 'hello'")
                .build();
    }

    private int execute(ParseResult root) {
        Integer help = CommandLine.executeHelpRequest(root);
        if (help != null) {
            return help;
        }
        ParseResult arguments = leaf(root);
        CommandType command = (CommandType) arguments.commandSpec().userObject();
        log(command, arguments);
        Injector injector = Guice.createInjector(
                Stage.DEVELOPMENT,
                new AppModule(terminal, globals(arguments)),
                new CommandModule(command.implementation()));
        try (OpenDevices _ = injector.getInstance(OpenDevices.class)) {
            return injector.getInstance(command.implementation()).run(arguments);
        } catch (CommandLine.ParameterException e) {
            throw e;
        } catch (Exception e) {
            return failed(e, arguments);
        }
    }

    private int usageError(CommandLine.ParameterException e) {
        CommandLine command = e.getCommandLine();
        terminal.printMessage("carve: %s; see %s --help"
                .formatted(
                        RenamedOptions.message(e).orElse(e.getMessage()),
                        command.getCommandSpec().qualifiedName()));
        return CommandLine.ExitCode.USAGE;
    }

    private static ParseResult leaf(ParseResult root) {
        ParseResult result = root;
        while (result.hasSubcommand()) {
            result = result.subcommand();
        }
        return result;
    }

    private static void log(CommandType command, ParseResult arguments) {
        Level quiet = command.logsProgress() ? Level.INFO : Level.WARNING;
        Level level = CommandOptions.hasFlag(arguments, "--verbose") ? Level.INFO : quiet;
        ConsoleLoggerFinder.setLevel(CommandOptions.hasFlag(arguments, "--debug") ? Level.DEBUG : level);
    }

    private GlobalOptions globals(ParseResult arguments) {
        List<Path> config = CommandOptions.paths(arguments, "--config");
        Path local = Path.of("carve.conf");
        return new GlobalOptions(
                home,
                config.isEmpty() && Files.isRegularFile(local) ? List.of(local) : config,
                CommandOptions.valueOr(arguments, "-D", Map.of()),
                userPlugins(),
                CommandOptions.paths(arguments, "--plugins"),
                CommandOptions.valueOr(arguments, "--device", ""),
                require(arguments));
    }

    // CARVE_PLUGINS takes the place of the folder of the user
    private List<Path> userPlugins() {
        List<Path> plugins = new ArrayList<>();
        if (environment.containsKey("CARVE_PLUGINS")) {
            for (String folder : environment.get("CARVE_PLUGINS").split(java.io.File.pathSeparator)) {
                if (!folder.isBlank()) {
                    plugins.add(Path.of(folder));
                }
            }
        } else if (environment.containsKey("HOME")) {
            plugins.add(Path.of(environment.get("HOME"), ".carve", "plugins"));
        }
        return plugins;
    }

    private static String require(ParseResult arguments) {
        String what = CommandOptions.valueOr(arguments, "--require", "");
        if (!what.isEmpty() && !what.equals("kernels")) {
            throw new CommandLine.ParameterException(
                    arguments.commandSpec().commandLine(),
                    "Invalid value for option '--require': expected kernels, found '%s'".formatted(what));
        }
        return what.isEmpty() ? "" : "required";
    }

    private int failed(Exception e, ParseResult arguments) {
        terminal.printMessage("carve: " + message(e));
        if (CommandOptions.hasFlag(arguments, "--debug")) {
            trace(e);
        }
        return FAILED;
    }

    private void trace(Throwable thrown) {
        terminal.printMessage(thrown.toString());
        for (StackTraceElement element : thrown.getStackTrace()) {
            terminal.printMessage("    at " + element);
        }
        if (thrown.getCause() != null) {
            terminal.printMessage("caused by");
            trace(thrown.getCause());
        }
    }

    // a message for the user is shown as it is; anything else is a defect
    private static String message(Throwable e) {
        Throwable cause = rootCause(e);
        return switch (cause) {
            case CarveException expected -> expected.getMessage();
            case IllegalArgumentException invalid when invalid.getMessage() != null -> invalid.getMessage();
            case NoSuchFileException missing -> missing.getFile() + ": no such file";
            case IOException io when io.getMessage() != null -> io.getMessage();
            case IOException io -> io.toString();
            default ->
                "%s%s; this is a defect of carve or of a plugin, --debug shows where"
                        .formatted(
                                cause,
                                ExceptionOrigin.pluginModule(cause)
                                        .map(" in module %s"::formatted)
                                        .orElse(""));
        };
    }

    // Guice and streams wrap exceptions
    private static Throwable rootCause(Throwable e) {
        boolean wrapper = e instanceof ProvisionException || e instanceof UncheckedIOException;
        return wrapper && e.getCause() != null ? rootCause(e.getCause()) : e;
    }
}
