package carve.app.cli;

import carve.api.model.LoadedModel;
import carve.app.report.Terminal;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.runtime.eval.ActivationTrace;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import jakarta.inject.Inject;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve trace}. */
final class TraceCommand implements Command {
    private final Terminal terminal;
    private final ModelOpener modelOpener;
    private final OpenDevices openDevices;

    @Inject
    TraceCommand(Terminal terminal, ModelOpener modelOpener, OpenDevices openDevices) {
        this.terminal = terminal;
        this.modelOpener = modelOpener;
        this.openDevices = openDevices;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        TraceCommand.class,
                        "trace",
                        "Write a model's logits and the hidden states of every layer, for comparison with another implementation.",
                        "The input has input_ids (I64, B x L) and perhaps attention_mask and pixel_values; the output has logits,"
                                + " h.embed, h.emb.I, h.llm.I and h.final_norm.")
                .parameter(Path.class, "MODEL", "Folder of the model, a GGUF file, or hf:ORG/NAME.")
                .required("--input", Path.class, "FILE", "Safetensors file with the input.")
                .required("--out", Path.class, "FILE", "Safetensors file to write.")
                .option(
                        "--greedy",
                        Integer.class,
                        "N",
                        "Choose N tokens with the model's state, and write greedy_tokens and"
                                + " greedy_step_logits, too.")
                .option(
                        "--exclude",
                        Integer[].class,
                        "ID",
                        "A token id that is never sampled; may be given more than once.")
                .example("carve trace MODEL --input in.safetensors --out out.safetensors")
                .example("carve trace MODEL --input in.safetensors --out out.safetensors --greedy 32 --exclude 92546")
                .build();
    }

    @Override
    public int run(ParseResult arguments) {
        Path out = CommandOptions.valueOr(arguments, "--out", Path.of("out.safetensors"));
        Set<Integer> excluded = Arrays.stream(CommandOptions.valueOr(arguments, "--exclude", new Integer[0]))
                .collect(Collectors.toSet());
        try (ModelFolder folder = modelOpener.open(CommandOptions.parameter(arguments, 0));
                LoadedModel model = folder.load(openDevices.device(), WeightPrecision.AS_STORED)) {
            new ActivationTrace(model)
                    .write(
                            CommandOptions.valueOr(arguments, "--input", Path.of("in.safetensors")),
                            out,
                            CommandOptions.valueOr(arguments, "--greedy", 0),
                            excluded);
        }
        terminal.println("wrote " + out);
        return 0;
    }
}
