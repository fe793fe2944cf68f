# One image, any verb: docker run IMAGE up | serve | work, with the integration folder at /integration.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml setup.cfg README.md LICENSE ./
COPY wsdl wsdl
COPY jmswrap jmswrap
RUN python -m pip wheel --use-pep517 --no-cache-dir --wheel-dir /wheels .

FROM python:3.13-slim
COPY --from=build /wheels /wheels
RUN python -m pip install --no-cache-dir --no-index --find-links /wheels /wheels/jmswrap-*.whl \
    && useradd --uid 10001 --create-home jmswrap
USER 10001
WORKDIR /integration
ENV JMSWRAP_CONFIG=/integration/jmswrap.yaml
EXPOSE 8080
ENTRYPOINT ["jmswrap"]
CMD ["up"]
