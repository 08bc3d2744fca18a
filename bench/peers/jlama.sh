#!/bin/sh
# Times Jlama, with its native half, on random weights of Llama 1B's shape: jlama.sh WORK FIGURES THREADS PROMPTS ANSWER.
set -eu

root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
. "$root/.mvn/find-jdk.sh"
find_jdk || exit 1
work=$1 figures=$2 threads=$3 prompts=$4 answer=$5
model=$work/models/llama-1b-jlama

[ -d "$work/jlama" ] || "$root/mvnw" -q -B -f "$root/bench/peers/jlama/pom.xml" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$work/jlama" >&2
[ -f "$model/model.safetensors" ] || "$root/carve" export shape:llama-1b "$model" --type bf16 >&2
# what Jlama wants to know beyond what Carve writes; the tokenizer is never asked
cat >"$model/config.json" <<'JSON'
{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192,
 "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 128256,
 "max_position_embeddings": 4096, "rms_norm_eps": 1e-05, "rope_theta": 500000.0, "tie_word_embeddings": true,
 "hidden_act": "silu", "bos_token_id": 0, "eos_token_id": 1, "torch_dtype": "bfloat16"}
JSON
cat >"$model/tokenizer.json" <<'JSON'
{"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": null, "post_processor": null, "decoder": null,
 "model": {"type": "BPE", "dropout": null, "unk_token": null, "fuse_unk": false, "byte_fallback": false,
           "vocab": {"a": 0, "b": 1}, "merges": []}}
JSON
echo "random weights" >"$model/README.md"
echo '{"bos_token": "a", "eos_token": "b"}' >"$model/tokenizer_config.json"
# compiled before it runs: java's own compiler of single files does not export packages of the JDK
"$JAVA_HOME/bin/javac" -proc:none -nowarn -d "$work/jlama-classes" --add-modules jdk.incubator.vector -cp "$work/jlama/*" \
    "$root/bench/peers/jlama/JlamaBench.java" 2>"$figures/jlama.err"
exec "$JAVA_HOME/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
    --add-exports java.base/sun.nio.ch=ALL-UNNAMED --add-opens java.base/java.nio=ALL-UNNAMED \
    -Djava.library.path="$work" -cp "$work/jlama-classes:$work/jlama/*" JlamaBench \
    "$model" "$prompts" "$answer" "$threads" 2 2>"$figures/jlama.err" >"$figures/jlama.jsonl"
