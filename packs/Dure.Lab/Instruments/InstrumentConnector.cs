using Dure.Devices;
using Dure.Devices.Http;
using Dure.Devices.Opentrons;
using Dure.Devices.Scpi;
using Dure.Devices.Sila;

namespace Dure.Lab.Instruments;

/// <summary>Makes the driver that an instrument's card asks for.</summary>
/// <param name="keyFolder">Where the keys given to devices that remember none are kept: it must survive whatever happens to the program.</param>
/// <param name="virtualLab">Makes the instruments that are not real, by model and pace.</param>
public sealed class InstrumentConnector(string keyFolder, Func<InstrumentCard, InstrumentLink.Virtual, IInstrument> virtualLab, TimeProvider time)
{
    private const int MostTokenBytes = 4096;

    /// <summary>Where the tokens that devices ask for lie: a card names a file in here, so that it cannot send any other file of the node to any address.</summary>
    private string TokenFolder => Path.Combine(keyFolder, "tokens");

    /// <exception cref="LinkException">It cannot be reached, or does not speak so.</exception>
    public async Task<IInstrument> Connect(InstrumentCard card, CancellationToken cancel)
    {
        switch (card.Link)
        {
            case InstrumentLink.Http http:
                return await HttpInstrument.Connect(http.Address, card.Timeout, time, cancel, http.TokenFile is { } file ? ReadToken(file) : null);
            case InstrumentLink.Virtual virtualLink:
                return virtualLab(card, virtualLink);
        }
        Directory.CreateDirectory(keyFolder);
        var ledger = KeyLedger.Open(Path.Combine(keyFolder, card.Name + ".keys"));
        try
        {
            return card.Link switch
            {
                InstrumentLink.Sila sila => await SilaInstrument.Connect(sila.Address, sila.Feature, ledger, card.Timeout, time, cancel),
                InstrumentLink.Scpi scpi => await ScpiInstrument.Connect(scpi.Host, scpi.Port, scpi.Profile, ledger, card.Timeout, time, cancel),
                InstrumentLink.Opentrons robot => await OpentronsRobot.Connect(robot.Address, robot.Protocols, ledger, card.Timeout, time, cancel),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        catch
        {
            ledger.Dispose();
            throw;
        }
    }

    private string ReadToken(string name)
    {
        var file = new FileInfo(Path.Combine(TokenFolder, name));
        if (!file.Exists || file.Length is 0 or > MostTokenBytes)
            throw new LinkException($"There is no token file '{name}' of up to {MostTokenBytes} bytes in {TokenFolder}.");
        var token = File.ReadAllText(file.FullName).Trim();
        return token.All(character => character is > ' ' and < (char)127) ? token : throw new LinkException($"The token file '{name}' holds more than one word of plain characters.");
    }
}
