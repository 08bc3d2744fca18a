import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.SafeTensorSupport;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/**
 * Times Jlama on a model: prompts and greedy answers, as {@code carve bench} does. Weights are quantised to its own 4 bits, into a
 * folder beside the model's, activations to 8.
 *
 * <pre>{@code
 * java -cp CLASSES:LIBRARIES JlamaBench MODEL PROMPTS ANSWER THREADS REPETITIONS
 * }</pre>
 */
public final class JlamaBench {
    private JlamaBench() {}

    public static void main(String[] args) throws Exception {
        Path narrow = Path.of(args[0] + "-jq4");
        if (!Files.exists(narrow.resolve("model.safetensors"))) {
            SafeTensorSupport.quantizeModel(Path.of(args[0]), DType.Q4, new String[0], new String[0], Optional.of(narrow));
        }
        AbstractModel model = ModelSupport.loadModel(
                narrow.toFile(),
                null,
                DType.F32,
                DType.I8,
                Optional.empty(),
                Optional.of(Integer.valueOf(args[3])));
        KvBufferCache states = new KvBufferCache(model);
        int repetitions = Integer.parseInt(args[4]);
        for (int i = -1; i < repetitions; i++) {
            for (String length : args[1].split(",")) {
                prompt(model, states, Integer.parseInt(length), i >= 0);
            }
            answer(model, states, Integer.parseInt(args[2]), i >= 0);
        }
        System.exit(0);
    }

    private static int vocabulary(AbstractModel model) {
        return model.getConfig().vocabularySize;
    }

    private static int[] tokens(int count, int vocabulary) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = (int) ((7919L * i + 1) % vocabulary);
        }
        return tokens;
    }

    private static void prompt(AbstractModel model, KvBufferCache states, int length, boolean told) throws Exception {
        try (KvBufferCache.KvBuffer state = states.getKvBuffer(UUID.randomUUID());
                AbstractTensor logits = model.makeDenseTensor(vocabulary(model))) {
            long begin = System.nanoTime();
            try (AbstractTensor out = model.batchForward(tokens(length, vocabulary(model)), 0, state)) {
                model.sample(out.slice(out.shape().first() - 1), 0, 0.5f, logits);
            }
            tell(told, "pp" + length, length, begin);
        }
    }

    private static void answer(AbstractModel model, KvBufferCache states, int length, boolean told) throws Exception {
        try (KvBufferCache.KvBuffer state = states.getKvBuffer(UUID.randomUUID());
                AbstractTensor logits = model.makeDenseTensor(vocabulary(model))) {
            int next = 1;
            long begin = System.nanoTime();
            for (int i = 0; i < length; i++) {
                try (AbstractTensor out = model.forward(next, i, state, Optional.empty())) {
                    next = model.sample(out, 0, 0.5f, logits);
                }
            }
            tell(told, "tg" + length, length, begin);
        }
    }

    private static void tell(boolean told, String test, int tokens, long begin) {
        double seconds = (System.nanoTime() - begin) * 1e-9;
        if (told) {
            System.out.printf(
                    "{\"model\": \"llama-1b\", \"test\": \"%s\", \"tokens-per-second\": %s}%n", test, tokens / seconds);
        }
    }
}
