"""Writes a tiny Command R7B with random weights, and its logits in float64, by the Transformers library."""
import json, sys, torch
from safetensors.torch import save_file
from transformers import Cohere2Config, Cohere2ForCausalLM
out = sys.argv[1]
torch.manual_seed(42)
config = Cohere2Config(vocab_size=40, hidden_size=32, intermediate_size=40, num_hidden_layers=4, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, sliding_window=5, logit_scale=0.5, initializer_range=0.2,
    rope_parameters={"rope_type": "default", "rope_theta": 50000.0}, bos_token_id=1, eos_token_id=2)
model = Cohere2ForCausalLM(config).eval()
with torch.no_grad():
    for name, p in model.named_parameters():
        if "norm" in name: p.add_(0.2 * torch.randn_like(p))
model.save_pretrained(out)
model = Cohere2ForCausalLM.from_pretrained(out, dtype=torch.float64, attn_implementation="eager")
ids = torch.randint(3, 40, (1, 17))
with torch.no_grad():
    logits = model(ids).logits
save_file({"in.ids": ids, "out.logits": logits.contiguous()}, out + "/io.safetensors")
print(logits.dtype, logits.shape, float(logits.abs().max()))
