using Dure.Exchange.Protocol;
using Xunit;

namespace Dure.Tests.Exchange.Protocol;

/// <summary>The tables of the Dataspace Protocol 2025-1: who may send what in which state, and nothing else.</summary>
public sealed class MessageKindTests
{
    private static readonly (ProcessState From, MessageKind Message, string Senders)[] Allowed =
    [
        (ProcessState.None, MessageKind.ContractRequest, "C"), (ProcessState.None, MessageKind.ContractOffer, "P"),
        (ProcessState.Requested, MessageKind.ContractOffer, "P"), (ProcessState.Requested, MessageKind.ContractAgreement, "P"),
        (ProcessState.Offered, MessageKind.ContractRequest, "C"), (ProcessState.Offered, MessageKind.ContractAcceptance, "C"),
        (ProcessState.Accepted, MessageKind.ContractAgreement, "P"), (ProcessState.Agreed, MessageKind.ContractVerification, "C"), (ProcessState.Verified, MessageKind.ContractFinalization, "P"),
        (ProcessState.None, MessageKind.TransferRequest, "C"), (ProcessState.Requested, MessageKind.TransferStart, "P"), (ProcessState.Suspended, MessageKind.TransferStart, "PC"),
        (ProcessState.Started, MessageKind.TransferSuspension, "PC"), (ProcessState.Started, MessageKind.TransferCompletion, "PC"),
        .. new[] { ProcessState.Requested, ProcessState.Offered, ProcessState.Accepted, ProcessState.Agreed, ProcessState.Verified, ProcessState.Started, ProcessState.Suspended }
            .SelectMany(state => new[] { (state, MessageKind.ContractTermination, "PC"), (state, MessageKind.TransferTermination, "PC") }),
    ];

    [Fact]
    public void Each_message_may_be_sent_where_the_tables_say_and_nowhere_else()
    {
        foreach (var state in Enum.GetValues<ProcessState>())
        {
            foreach (var kind in Enum.GetValues<MessageKind>())
            {
                var senders = string.Concat(Allowed.Where(row => row.From == state && row.Message == kind).Select(row => row.Senders));
                Assert.True(kind.IsAllowed(state, Role.Provider) == senders.Contains('P') && kind.IsAllowed(state, Role.Consumer) == senders.Contains('C'), $"{kind} in {state}");
            }
        }
    }

    [Fact]
    public void Every_path_keeps_an_id_in_its_place() =>
        Assert.Equal("transfers/a%2F..%2Fb%3Fc/start", MessageKind.TransferStart.Path(Role.Provider, "a/../b?c"));
}
