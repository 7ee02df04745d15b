// Three moments of kafkajs's consumer that its interface does not offer, caught on the objects of one consumer.
import { PartitionAssigners } from "kafkajs";
import type { Broker, Cluster, PartitionAssigner } from "kafkajs";
import { outOfRangeOf } from "./connection.ts";

/** What is done at these moments. */
export interface Hooks {
  /** Before this member lets go of its partitions, by joining anew or by leaving; the group waits for it. */
  beforeLettingGo(): Promise<void>;
  /** A fetch was answered with OFFSET_OUT_OF_RANGE. */
  outOfRange(topic: string, partition: number): void;
}

type Fetch = Broker["fetch"];
interface GroupBroker extends Broker {
  leaveGroup(request: unknown): Promise<unknown>;
}

/**
 * An assigner for the `partitionAssigners` of a consumer: kafkajs's round robin, and the way to the consumer's cluster.
 *
 * kafkajs rejoins a group as soon as it hears of a rebalance, while handlers of the old partitions still run
 * (tulios/kafkajs#1046); here looking for the coordinator, its first step, waits for `beforeLettingGo`. On an offset out
 * of range it goes to the end of the log without a word, and skips what lies between; here it gets an empty answer, and
 * whoever knows the offset decides.
 */
export function hookingAssigner(hooks: Hooks): PartitionAssigner {
  return (config) => {
    hook(config.cluster, hooks);
    return PartitionAssigners.roundRobin(config);
  };
}

function hook(cluster: Cluster, hooks: Hooks): void {
  const fetching = new WeakSet<Broker>();
  const leaving = new WeakSet<Broker>();
  const findBroker = cluster.findBroker.bind(cluster);
  const findCoordinator = cluster.findGroupCoordinator.bind(cluster);

  cluster.findBroker = async (node) => {
    const broker = await findBroker(node);
    if (!fetching.has(broker)) {
      fetching.add(broker);
      const fetch: Fetch = broker.fetch.bind(broker);
      broker.fetch = async (request) => {
        try {
          return (await fetch(request)) as unknown;
        } catch (error) {
          const outside = outOfRangeOf(error);
          if (!outside) throw error;
          hooks.outOfRange(outside.topic, outside.partition);
          return { responses: [] };
        }
      };
    }
    return broker;
  };
  cluster.findGroupCoordinator = async (group) => {
    await hooks.beforeLettingGo();
    const broker = (await findCoordinator(group)) as GroupBroker;
    if (!leaving.has(broker)) {
      leaving.add(broker);
      const leaveGroup = broker.leaveGroup.bind(broker);
      broker.leaveGroup = async (request) => {
        await hooks.beforeLettingGo();
        return leaveGroup(request);
      };
    }
    return broker;
  };
}
