package carve.app.cli;

import carve.app.wiring.AppContext;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plan} and what is under it. */
final class PlanCommand implements Command {
    @Override
    public CommandSpec commandSpec() {
        return CommandOptions.of(
                        this,
                        "plan",
                        "Say which layers of a hybrid have which mixer: show it, read it from another project, find it by measuring.")
                .subcommand(new PlanShowCommand())
                .subcommand(new PlanImportCommand())
                .subcommand(new PlanSuggestCommand())
                .example("carve plan show models/hovle --plan mmmamba-hybrid")
                .example("carve plan import nemotron/config.json")
                .example("carve plan suggest models/hovle --attention 8 --data train.json")
                .build();
    }

    @Override
    public int run(ParseResult arguments, AppContext appContext) {
        arguments.commandSpec().commandLine().usage(appContext.terminal().out());
        return CommandLine.ExitCode.USAGE;
    }
}
