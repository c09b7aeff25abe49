using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Catalog;
using Dure.Exchange.Conduct;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;
using Dure.Tests.Evidence;
using Xunit;

namespace Dure.Tests.Exchange.Conduct;

/// <summary>From when on an agreement counts for the one who refers to it.</summary>
public sealed class FinalAgreementTests
{
    private const string Consumer = "did:web:lab.example";

    [Fact]
    public async Task A_transfer_may_be_asked_for_while_the_acknowledgement_of_the_final_word_is_on_its_way()
    {
        using var folder = new TempFolder();
        using var key = NodeKey.LoadOrCreate(folder.Sub("keys"));
        await using var journal = await Journal.Open(folder.Sub("journal"), key, TimeProvider.System, TestContext.Current.CancellationToken);
        var book = ProcessBook.Read(journal);
        var conduct = new PolicyConduct(OfferingBook.Read(journal), book, null!, null!, null!, null!, null!, TimeProvider.System); // asked about agreements only
        var asked = new IncomingMessage(MessageKind.TransferRequest, null, "urn:uuid:2", new JsonObject { ["agreementId"] = "urn:uuid:a", ["format"] = Dsp.PullFormat }) { CallbackAddress = new Uri("https://lab.example/dsp") };
        var offer = new JsonObject { ["@id"] = "urn:uuid:o", ["target"] = "pumps" };

        await Enter(new ProcessStep { Begins = new ProcessStep.Beginning(Role.Provider, Consumer, new Uri("https://lab.example/dsp"), "pumps", [], null, null), PeerPid = "urn:uuid:1", Received = (MessageKind.ContractRequest, new JsonObject { ["offer"] = offer.DeepClone() }) });
        await Enter(new ProcessStep { Sends = (MessageKind.ContractAgreement, new JsonObject { ["agreement"] = new JsonObject { ["@id"] = "urn:uuid:a", ["target"] = "pumps" } }) });
        Assert.Throws<ProblemException>(() => conduct.Admit(Consumer, asked));
        await Enter(new ProcessStep { Delivers = true, Received = (MessageKind.ContractVerification, []), Sends = (MessageKind.ContractFinalization, []) });

        Assert.Equal("pumps", conduct.Admit(Consumer, asked).Dataset);
        Assert.Throws<ProblemException>(() => conduct.Admit("did:web:other.example", asked));

        Task<ExchangeProcess> Enter(ProcessStep step) => book.Commit(ProcessKind.Negotiation, "urn:uuid:p", step, "test", TestContext.Current.CancellationToken);
    }
}
