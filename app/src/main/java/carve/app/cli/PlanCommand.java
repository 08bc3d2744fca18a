package carve.app.cli;

import picocli.CommandLine.Model.CommandSpec;

/** {@code carve plan} and what is under it. */
final class PlanCommand {
    private PlanCommand() {}

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        UsageCommand.class,
                        "plan",
                        "Show a layer plan (the mixer of each layer), import one from another project, or suggest one by measurement.")
                .subcommand(PlanShowCommand.commandSpec())
                .subcommand(PlanImportCommand.commandSpec())
                .subcommand(PlanSuggestCommand.commandSpec())
                .example("carve plan show models/hovle --plan mmmamba-hybrid")
                .example("carve plan import nemotron/config.json")
                .example("carve plan suggest models/hovle --keep 8 --data train.json")
                .build();
    }
}
