import type { Assigner, AssignerProtocol, PartitionAssigner } from 'kafkajs';

const NAME = 'millrace-same-partitions';
/** Of the group's wire format; later ones carry more than this needs. */
const VERSION = 0;

/**
 * The same partitions of every topic go to the same member, so that one key is handled in one process whichever of a consumer's topics it
 * comes from: topics of an installation have the same number of partitions. The driver's own deals them out one after the other.
 */
export function samePartitions({ MemberMetadata, MemberAssignment }: typeof AssignerProtocol): PartitionAssigner {
  return ({ cluster }): Assigner => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.alloc(0) }),
    }),
    assign: ({ members, topics }) => {
      const ids = members.map(({ memberId }) => memberId).toSorted();
      const partitionsOf = (topic: string, index: number): number[] =>
        cluster
          .findTopicPartitionMetadata(topic)
          .map(({ partitionId }) => partitionId)
          .filter((partition) => partition % ids.length === index);
      return Promise.resolve(
        ids.map((memberId, index) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({
            version: VERSION,
            assignment: Object.fromEntries(topics.map((topic) => [topic, partitionsOf(topic, index)])),
            userData: Buffer.alloc(0),
          }),
        })),
      );
    },
  });
}
