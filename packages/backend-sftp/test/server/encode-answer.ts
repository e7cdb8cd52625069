import type { Answer } from "./answer.ts";
import { PacketWriter } from "./packet-writer.ts";
import { answerTypes, statusTexts } from "./protocol-numbers.ts";

/** The packet of an answer, with its length before it. */
export function encodeAnswer(id: number, answer: Answer, statusMessages: boolean): Buffer {
  const packet = new PacketWriter();
  if ("status" in answer) {
    const text = statusMessages ? (statusTexts[answer.status] ?? "Unknown error") : "";
    packet.byte(answerTypes.status).uint32(id).uint32(answer.status).name(text).name("");
  } else {
    packet.byte(answer.type).uint32(id).raw(answer.body);
  }
  return new PacketWriter().string(packet.bytes()).bytes();
}
