import {
  PublishRequest,
  RepublishRequest,
  type ClientSession,
  type ClientSessionPublishService,
  type ClientSessionRawSubscriptionService,
  type PublishResponse,
  type RepublishResponse,
  type TransferSubscriptionsResponse,
} from 'node-opcua';

/** A session together with the services that node-opcua keeps apart for those who handle subscriptions themselves. */
export type RawSession = ClientSession & ClientSessionRawSubscriptionService & ClientSessionPublishService;

export interface Acknowledgement {
  subscriptionId: number;
  sequenceNumber: number;
}

/**
 * The subscription services as the server has them. node-opcua's own subscriptions acknowledge a notification as soon as it is
 * received; the gateway acknowledges it when it is on the disk, and therefore asks for notifications itself.
 */
export class Services {
  constructor(readonly session: RawSession) {}

  transfer(subscriptionIds: number[]): Promise<TransferSubscriptionsResponse> {
    // Initial values are not asked for: what changed meanwhile is in the queues.
    return ask((answer) => this.session.transferSubscriptions({ subscriptionIds, sendInitialValues: false }, answer));
  }

  publish(subscriptionAcknowledgements: Acknowledgement[], timeoutHint: number): Promise<PublishResponse> {
    const request = new PublishRequest({ requestHeader: { timeoutHint }, subscriptionAcknowledgements });
    return ask((answer) => this.session.publish(request, answer));
  }

  republish(subscriptionId: number, retransmitSequenceNumber: number): Promise<RepublishResponse> {
    const request = new RepublishRequest({ subscriptionId, retransmitSequenceNumber });
    return ask((answer) => this.session.republish(request, answer));
  }
}

function ask<T>(call: (answer: (error: Error | null, response?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, response) => (error ? reject(error) : resolve(response!))));
}
