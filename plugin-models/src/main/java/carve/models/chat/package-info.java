/** What stands between people and models: conversations as token ids and pixels, the same for all families with turns. */
package carve.models.chat;
