/**
 * The Hugging Face hub: downloading model repositories into the cache that huggingface_hub also uses, and finding them there.
 *
 * {@snippet :
 * HubConfig config = HubConfig.ofProcess();
 * try (HubClient hub = HubClient.open(config)) {
 *     hub.pull(HubReference.parse("HuggingFaceTB/SmolLM2-135M-Instruct"), FileFilter.DEFAULT, Progress.NONE);
 * }
 * Path folder = new HubCache(config.cache()).path(HubReference.parse("hf:HuggingFaceTB/SmolLM2-135M-Instruct"));
 * }
 *
 * <p>Only {@link carve.runtime.hub.HubClient#pull} uses the network.
 */
package carve.runtime.hub;
