package carve.app.cli;

import carve.api.config.SettingsException;
import carve.api.model.LayerPlan;
import carve.app.report.Terminal;
import carve.app.wiring.AppConfig;
import carve.app.wiring.GlobalOptions;
import carve.runtime.plan.ExternalHybridConfig;
import carve.runtime.plan.MissingLayerCountException;
import carve.runtime.plan.PlanWriter;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plan import}. */
final class PlanImportCommand implements Command {
    private final Terminal terminal;
    private final GlobalOptions globalOptions;

    @Inject
    PlanImportCommand(Terminal terminal, GlobalOptions globalOptions) {
        this.terminal = terminal;
        this.globalOptions = globalOptions;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        PlanImportCommand.class,
                        "import",
                        "Read a plan from another project's configuration: layer_types, layers_block_type, attn_layers, ssm_layers,"
                                + " softmax_attention, hybrid_override_pattern, periods and offsets, and others.",
                        "Attention layers are kept, linear layers become Mamba-2; -Dlayer-kinds.KIND=MIXER maps a kind of layers to another mixer."
                                + " The same keys can be used in a plan in place of 'layers'.")
                .parameter(Path.class, "CONFIG", "A config.json, or a recipe in YAML.")
                .option("--layers", Integer.class, "N", "Number of layers, if the file does not contain it.")
                .option("--out", Path.class, "FILE", "File to write the plan to; printed if not given.")
                .example("carve plan import jamba/config.json")
                .example("carve plan import MaTVLM.yaml --layers 32 --out matvlm.conf")
                .example("carve plan import zamba2/config.json -Dlayer-kinds.hybrid=keep")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        Path file = CommandOptions.parameter(arguments, 0);
        OptionalInt layers = CommandOptions.<Integer>find(arguments, "--layers")
                .map(OptionalInt::of)
                .orElseGet(OptionalInt::empty);
        ExternalHybridConfig config = ExternalHybridConfig.read(file);
        LayerPlan plan = plan(config, layers);
        String text = PlanWriter.format(
                plan,
                List.of("From %s: %s. %d layers, %d of them kept."
                        .formatted(
                                file,
                                String.join(", ", config.layoutKeys()),
                                plan.layers().size(),
                                plan.kept().size())));
        Optional<Path> out = CommandOptions.find(arguments, "--out");
        if (out.isPresent()) {
            Files.writeString(out.get(), text);
            terminal.println("wrote " + out.get());
        } else {
            terminal.print(text);
        }
        return 0;
    }

    private LayerPlan plan(ExternalHybridConfig config, OptionalInt layers) {
        try {
            return config.plan(AppConfig.overrides(globalOptions.overrides(), false), layers);
        } catch (MissingLayerCountException e) {
            throw new SettingsException(e.getMessage() + "; set it with --layers N", e);
        }
    }
}
