package {{package}};

import carve.api.json.Json;
import carve.api.tensor.DType;
import carve.testkit.RandomModelContract;
import carve.testkit.TestMixerCatalog;
import carve.testkit.Retention;

final class {{class}}Test extends RandomModelContract {
    {{class}}Test() {
        super(new {{class}}(), TestMixerCatalog.of(new Retention.Provider()), DType.F32, Json.parseObject("""
                {"model_type": "{{name}}", "hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 2,
                 "max_position_embeddings": 512, "mixers": ["retention", "retention"]}
                """, "config.json"));
    }
}
