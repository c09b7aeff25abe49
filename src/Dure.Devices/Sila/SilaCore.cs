using System.Text;

namespace Dure.Devices.Sila;

/// <summary>The core feature SiLAService, which every server has, and Dure's feature for keys. Texts are our own; identifiers and types are the standard's.</summary>
public static class SilaCore
{
    public const string QualifiedIdentifier = "org.silastandard/core/SiLAService/v1";

    /// <summary>
    /// A feature of Dure's: commands that carry the metadata Key run at most once per key, and QueryKey tells what became of one, also after a restart of the
    /// server. A server that has it lets <see cref="SilaInstrument"/> answer by key.
    /// </summary>
    public const string IdempotencyKey = """
        <?xml version="1.0" encoding="utf-8"?>
        <Feature xmlns="http://www.sila-standard.org" Locale="en" SiLA2Version="1.1" FeatureVersion="1.0" MaturityLevel="Draft" Originator="org.dure" Category="core">
          <Identifier>IdempotencyKey</Identifier><DisplayName>Idempotency Key</DisplayName>
          <Description>Runs a command at most once for each key that its caller chooses.</Description>
          <Command>
            <Identifier>QueryKey</Identifier><DisplayName>Query Key</DisplayName><Description>Tells what became of the command that was sent with a key.</Description><Observable>No</Observable>
            <Parameter><Identifier>Key</Identifier><DisplayName>Key</DisplayName><Description>The key.</Description>
              <DataType><Constrained><DataType><Basic>String</Basic></DataType><Constraints><MinimalLength>1</MinimalLength><MaximalLength>64</MaximalLength></Constraints></Constrained></DataType></Parameter>
            <Response><Identifier>State</Identifier><DisplayName>State</DisplayName><Description>What became of it.</Description>
              <DataType><Constrained><DataType><Basic>String</Basic></DataType><Constraints><Set><Value>notKnown</Value><Value>running</Value><Value>done</Value><Value>failed</Value></Set></Constraints></Constrained></DataType></Response>
            <Response><Identifier>Cause</Identifier><DisplayName>Cause</DisplayName><Description>Why it failed; empty otherwise.</Description><DataType><Basic>String</Basic></DataType></Response>
            <Response><Identifier>Responses</Identifier><DisplayName>Responses</DisplayName><Description>The command's responses as Protocol Buffers when it is done; empty otherwise.</Description><DataType><Basic>Binary</Basic></DataType></Response>
          </Command>
          <Metadata><Identifier>Key</Identifier><DisplayName>Key</DisplayName><Description>Names this run of a command; never used again for another.</Description>
            <DataType><Constrained><DataType><Basic>String</Basic></DataType><Constraints><MinimalLength>1</MinimalLength><MaximalLength>64</MaximalLength></Constraints></Constrained></DataType></Metadata>
        </Feature>
        """;

    public const string IdempotencyKeyIdentifier = "org.dure/core/IdempotencyKey/v1";

    /// <summary>The definition of SiLAService, version 1.</summary>
    public static string SiLAService { get; } = WriteDefinition();

    internal static SilaService Service(SilaServerOptions options, IReadOnlyList<SilaService> services)
    {
        var name = options.Name;
        var definitions = services.ToDictionary(service => service.Feature.QualifiedIdentifier, service => service.Feature.Xml, StringComparer.Ordinal);
        definitions.Add(QualifiedIdentifier, SiLAService);
        var core = new SilaService(SiLAService);
        return core
            .OnCommand("GetFeatureDefinition", (call, _) => definitions.TryGetValue(Text(call, "FeatureIdentifier"), out var xml)
                ? Task.FromResult(SilaValue.Of(("FeatureDefinition", new SilaValue.Text(xml))))
                : throw core.Error("UnimplementedFeature", $"This server has no feature {Text(call, "FeatureIdentifier")}."))
            .OnCommand("SetServerName", (call, _) =>
            {
                name = Text(call, "ServerName");
                return Task.FromResult(SilaValue.Structure.Empty);
            })
            .OnProperty("ServerName", () => new SilaValue.Text(name))
            .OnProperty("ServerType", () => new SilaValue.Text(options.Type))
            .OnProperty("ServerUUID", () => new SilaValue.Text(options.Uuid.ToString()))
            .OnProperty("ServerDescription", () => new SilaValue.Text(options.Description))
            .OnProperty("ServerVersion", () => new SilaValue.Text(options.Version))
            .OnProperty("ServerVendorURL", () => new SilaValue.Text(options.VendorUrl))
            .OnProperty("ImplementedFeatures", () => new SilaValue.List([.. definitions.Keys.Order(StringComparer.Ordinal).Select(identifier => new SilaValue.Text(identifier))]));
    }

    private static string Text(SilaCall call, string parameter) => ((SilaValue.Text)call.Parameters[parameter]).Value;

    private static string WriteDefinition()
    {
        const string Texts = "<DataType><Basic>String</Basic></DataType>";
        const string Identifiers = "<DataType><Constrained><DataType><Basic>String</Basic></DataType><Constraints><FullyQualifiedIdentifier>FeatureIdentifier</FullyQualifiedIdentifier></Constraints></Constrained></DataType>";
        const string Names = "<DataType><Constrained><DataType><Basic>String</Basic></DataType><Constraints><MaximalLength>255</MaximalLength></Constraints></Constrained></DataType>";
        var text = new StringBuilder("""
            <?xml version="1.0" encoding="utf-8"?>
            <Feature xmlns="http://www.sila-standard.org" Locale="en" SiLA2Version="1.0" FeatureVersion="1.0" MaturityLevel="Normative" Originator="org.silastandard" Category="core">
              <Identifier>SiLAService</Identifier><DisplayName>SiLA Service</DisplayName><Description>Says which server this is and which features it has.</Description>
            """);
        void Named(string tag, string identifier, string description, string inner) =>
            text.Append($"\n<{tag}><Identifier>{identifier}</Identifier><DisplayName>{identifier}</DisplayName><Description>{description}</Description>{inner}</{tag}>");
        string Part(string tag, string identifier, string type) => $"<{tag}><Identifier>{identifier}</Identifier><DisplayName>{identifier}</DisplayName><Description>{identifier}</Description>{type}</{tag}>";

        Named("Command", "GetFeatureDefinition", "Gives the definition of a feature.", "<Observable>No</Observable>" + Part("Parameter", "FeatureIdentifier", Identifiers) + Part("Response", "FeatureDefinition", Texts)
            + "<DefinedExecutionErrors><Identifier>UnimplementedFeature</Identifier></DefinedExecutionErrors>");
        Named("Command", "SetServerName", "Gives the server another name.", "<Observable>No</Observable>" + Part("Parameter", "ServerName", Names));
        foreach (var (identifier, description) in (ReadOnlySpan<(string, string)>)[("ServerName", "Its name, for people."), ("ServerType", "What kind of server it is."), ("ServerUUID", "Which one it is, the same over restarts."),
            ("ServerDescription", "What it does."), ("ServerVersion", "Its version."), ("ServerVendorURL", "Who made it.")])
            Named("Property", identifier, description, "<Observable>No</Observable>" + Texts);
        Named("Property", "ImplementedFeatures", "The features it has.", $"<Observable>No</Observable><DataType><List>{Identifiers}</List></DataType>");
        Named("DefinedExecutionError", "UnimplementedFeature", "The server does not have the feature.", "");
        return text.Append("\n</Feature>").ToString();
    }
}
