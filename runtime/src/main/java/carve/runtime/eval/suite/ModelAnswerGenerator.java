package carve.runtime.eval.suite;

import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.GenerationRequest.CachePolicy;
import carve.runtime.engine.Generator;
import carve.runtime.engine.GeneratorConfig;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import java.util.List;

/**
 * The greedy answers of a model.
 *
 * @param model the model
 * @param processor its processor
 * @param batch how many answers are generated side by side
 */
public record ModelAnswerGenerator(LoadedModel model, Processor processor, int batch) implements AnswerGenerator {
    @Override
    public List<String> generate(List<List<Message>> prompts, int maxTokens) {
        try (Generator generator = new Generator(model, GeneratorConfig.DEFAULT.withMaxBatchSize(batch))) {
            List<GenerationRequest> requests = prompts.stream()
                    .map(processor::prompt)
                    .map(sample -> request(generator, sample, maxTokens))
                    .toList();
            return generator.generate(requests, TokenListener.NONE).stream()
                    .map(completion -> processor.decode(completion.tokens()).strip())
                    .toList();
        }
    }

    private GenerationRequest request(Generator generator, Sample sample, int maxTokens) {
        return new GenerationRequest(
                        generator.prompt(sample),
                        Sampler.greedy(processor.suppressedTokens()),
                        processor.stopTokens(),
                        processor.maxNewTokens(sample, maxTokens))
                .with(CachePolicy.NONE);
    }
}
