using Dure.Exchange.Conformance;
using Dure.Node.Access;
using Dure.Node.Http.Exchange;
using Dure.Node.Http.Exchange.Shells;
using Dure.Node.Mcp;
using Dure.Web;

namespace Dure.Node.Http;

/// <summary>Everything a node answers, by topic.</summary>
internal static class Doors
{
    public static void MapDoors(this WebApplication app)
    {
        app.MapHealth();
        app.MapSignIn();
        app.MapTokens();
        app.MapIngest();
        app.MapSignals();
        app.MapSignalQuality();
        app.MapQueries();
        app.MapRetention();
        app.MapSources();
        app.MapSql();
        app.MapDatasets();
        app.MapTables();
        app.MapModels();
        app.MapPredictors();
        app.MapRetrainings();
        app.MapInspections();
        app.MapPackages();
        app.MapDevices();
        app.MapDecisions();
        app.MapLab();
        app.MapLabSafety();
        app.MapMcp();
        app.MapLabPictures();
        app.MapLabTexts();
        app.MapEffects();
        app.MapPlants();
        app.MapExplain();
        app.MapJournal();
        app.MapIdentity();
        app.MapPartners();
        app.MapCredentials();
        app.MapDsp();
        if (app.Services.GetService<ExchangeScript>() is not null)
        {
            app.MapScriptedExchange();
        }
        else
        {
            app.MapExchangeCatalog();
            app.MapExchangeData();
            app.MapExchangeSeries();
            app.MapExchangeInbox();
            app.MapOfferings();
            app.MapSharing();
        }
        app.MapShells();
        app.MapAssets();
        app.MapOverview();
        app.MapRuns();
        app.MapOpenApi().Needs(Permission.Read);
        app.MapDureWeb();
    }
}
