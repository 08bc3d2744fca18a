// Prints the tokens that llama.cpp chooses greedily after a prompt of ids that are told by their positions, as `carve bench`
// has them: id i is (7919 i + 1) mod V. Two programs that read a file alike print the same line.
//
//     greedy MODEL.gguf PROMPT-LENGTH TOKENS THREADS
#include "llama.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int argc, char ** argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: greedy MODEL.gguf PROMPT-LENGTH TOKENS THREADS\n");
        return 2;
    }
    const int prompt = atoi(argv[2]);
    const int tokens = atoi(argv[3]);
    llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    llama_backend_init();
    llama_model * model = llama_model_load_from_file(argv[1], llama_model_default_params());
    if (model == nullptr) {
        fprintf(stderr, "greedy: %s cannot be loaded\n", argv[1]);
        return 1;
    }
    llama_context_params params = llama_context_default_params();
    params.n_ctx = prompt + tokens;
    params.n_batch = prompt;
    params.n_threads = params.n_threads_batch = atoi(argv[4]);
    params.type_k = params.type_v = GGML_TYPE_F32; // rounding keys to F16 changes near decisions
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    llama_context * context = llama_init_from_model(model, params);
    const int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
    std::vector<llama_token> ids(prompt);
    for (int i = 0; i < prompt; i++) {
        ids[i] = (llama_token) ((7919LL * i + 1) % vocabulary);
    }
    for (int i = 0; i < tokens; i++) {
        if (llama_decode(context, llama_batch_get_one(ids.data(), (int) ids.size())) != 0) {
            fprintf(stderr, "greedy: decoding failed at token %d\n", i);
            return 1;
        }
        const float * logits = llama_get_logits_ith(context, -1);
        int best = 0;
        for (int v = 1; v < vocabulary; v++) {
            best = logits[v] > logits[best] ? v : best;
        }
        printf(i == 0 ? "%d" : " %d", best);
        ids.assign(1, best);
    }
    printf("\n");
    return 0;
}
